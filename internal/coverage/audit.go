package coverage

import (
	"fmt"
	"slices"
)

// subcategory is a part of the Windows audit policy with the events of the Security log that it writes (Microsoft,
// "Appendix L: Events to monitor" and the audit policy reference).
type subcategory struct {
	name string
	// byDefault says that Windows writes these events without being told to, on every machine: that there are none
	// means that nothing of the kind happened.
	byDefault bool
	hint      string // besides the command
	events    []uint32
}

// where hints say what else it takes.
const (
	onControllers = "on domain controllers"
	withSACL      = "and auditing entries (SACL) on the objects to watch"
)

var subcategories = [...]subcategory{
	{name: "", byDefault: true, events: []uint32{1100, 1101, 1102, 1104, 1105, 1108}}, // the log itself
	{name: "Security State Change", byDefault: true, events: []uint32{4608, 4609, 4616, 4621}},
	{name: "Security System Extension", events: []uint32{4610, 4611, 4614, 4622, 4697}},
	{name: "System Integrity", byDefault: true, events: []uint32{4612, 4615, 4618, 4816, 5038, 5056, 5062, 5057, 5060, 5061, 6281, 6410}},
	{name: "Logon", byDefault: true, events: []uint32{4624, 4625, 4648, 4675}},
	{name: "Logoff", byDefault: true, events: []uint32{4634, 4647}},
	{name: "Special Logon", byDefault: true, events: []uint32{4672, 4964}},
	{name: "Other Logon/Logoff Events", events: []uint32{4649, 4778, 4779, 4800, 4801, 4802, 4803, 5378, 5632, 5633}},
	{name: "Network Policy Server", events: []uint32{6272, 6273, 6274, 6275, 6276, 6277, 6278, 6279, 6280}},
	{name: "Kerberos Authentication Service", hint: onControllers, events: []uint32{4768, 4771, 4772}},
	{name: "Kerberos Service Ticket Operations", hint: onControllers, events: []uint32{4769, 4770, 4773}},
	{name: "Credential Validation", events: []uint32{4774, 4775, 4776, 4777}},
	{name: "User Account Management", byDefault: true, events: []uint32{
		4720, 4722, 4723, 4724, 4725, 4726, 4738, 4740, 4765, 4766, 4767, 4780, 4781, 4794, 4798, 5376, 5377,
	}},
	{name: "Security Group Management", byDefault: true, events: []uint32{
		4727, 4728, 4729, 4730, 4731, 4732, 4733, 4734, 4735, 4737, 4754, 4755, 4756, 4757, 4758, 4764, 4799,
	}},
	{name: "Computer Account Management", hint: onControllers, events: []uint32{4741, 4742, 4743}},
	{name: "Process Creation", events: []uint32{4688, 4696}},
	{name: "Process Termination", events: []uint32{4689}},
	{name: "DPAPI Activity", events: []uint32{4692, 4693, 4694, 4695}},
	{name: "Plug and Play Events", events: []uint32{6416, 6419, 6420, 6421, 6422, 6423, 6424}},
	{name: "Token Right Adjusted Events", events: []uint32{4703}},
	{name: "Directory Service Access", hint: onControllers + " " + withSACL, events: []uint32{4661, 4662}},
	{name: "Directory Service Changes", hint: onControllers + " " + withSACL, events: []uint32{5136, 5137, 5138, 5139, 5141}},
	{name: "Directory Service Replication", hint: onControllers, events: []uint32{4932, 4933}},
	{name: "Detailed Directory Service Replication", hint: onControllers, events: []uint32{4928, 4929, 4930, 4931, 4934, 4935, 4936, 4937}},
	{name: "Detailed File Share", events: []uint32{5145}},
	{name: "File Share", events: []uint32{5140, 5142, 5143, 5144, 5168}},
	{name: "File System", hint: withSACL, events: []uint32{4656, 4658, 4660, 4663, 4664, 4670, 4985, 5051}},
	{name: "Registry", hint: withSACL, events: []uint32{4657, 5039}},
	{name: "Other Object Access Events", events: []uint32{4671, 4691, 4698, 4699, 4700, 4701, 4702, 5148, 5149, 5888, 5889, 5890}},
	{name: "Certification Services", hint: "on certification authorities, and auditing in the authority's properties", events: []uint32{
		4868, 4869, 4870, 4871, 4872, 4873, 4874, 4875, 4876, 4877, 4878, 4879, 4880, 4881, 4882, 4883, 4884, 4885, 4886, 4887, 4888,
		4889, 4890, 4891, 4892, 4893, 4894, 4895, 4896, 4897, 4898, 4899, 4900,
	}},
	{name: "Filtering Platform Connection", events: []uint32{5031, 5150, 5151, 5154, 5155, 5156, 5157, 5158, 5159}},
	{name: "Filtering Platform Packet Drop", events: []uint32{5152, 5153}},
	{name: "Sensitive Privilege Use", events: []uint32{4673, 4674}},
	{name: "Audit Policy Change", byDefault: true, events: []uint32{4715, 4719, 4817, 4902, 4904, 4905, 4906, 4907, 4908, 4912}},
	{name: "Authentication Policy Change", byDefault: true, events: []uint32{4706, 4707, 4713, 4716, 4717, 4718, 4739, 4864, 4865, 4866, 4867}},
	{name: "Authorization Policy Change", events: []uint32{4704, 4705, 4714, 4911, 4913}},
	{name: "MPSSVC Rule-Level Policy Change", events: []uint32{4944, 4945, 4946, 4947, 4948, 4949, 4950, 4951, 4952, 4953, 4954, 4956, 4957, 4958}},
	{name: "Filtering Platform Policy Change", events: []uint32{4709, 4710, 4711, 4712, 5040, 5041, 5440, 5441, 5442, 5443, 5444, 5446, 5447, 5448, 5449, 5450}},
}

// auditOf finds the part of the audit policy that writes an event of the Security log; nil where it is not known.
func auditOf(eventID uint32) *subcategory {
	for i := range subcategories {
		if slices.Contains(subcategories[i].events, eventID) {
			return &subcategories[i]
		}
	}
	return nil
}

// command turns the subcategory on.
func (s *subcategory) command() string {
	c := fmt.Sprintf("`auditpol /set /subcategory:\"%s\" /success:enable /failure:enable`", s.name)
	if s.hint != "" {
		c += " " + s.hint
	}
	return c
}
