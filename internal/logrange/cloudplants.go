package logrange

import "time"

// What intruders do in the cloud tenant.

func cloudPlants() []Plant {
	trail, entra := []Format{CloudTrail}, []Format{Entra}
	return []Plant{
		hostile("aws-stop-logging", "CloudTrail switched off", "T1562.008 T1580", onlyCloud, trail, sowStopLogging),
		hostile("aws-new-user", "New user with an administrator's policy and a key", "T1136.003 T1098.001 T1098.003", onlyCloud, trail, sowNewUser),
		hostile("aws-root-logon", "Root signs in to the console without a second factor", "T1078.004", onlyCloud, trail, sowRoot),
		hostile("entra-policy-off", "Conditional access policy disabled", "T1556.009 T1484.002", onlyCloud, entra, sowPolicyOff),
		hostile("entra-travel", "Sign-ins of one person from two continents within minutes", "T1078.004", onlyCloud, entra, sowTravel),
		hostile("entra-spray", "One address fails to sign in as many people", "T1110.003", onlyCloud, entra, sowCloudSpray),
	}
}

func (s *sowing) cloud(after time.Duration, techniques, what string, do func(c *cloud)) {
	s.on(CloudTenant, after, techniques, what, func(h *host) { do(h.cloud) })
}

// stolen is a call with the keys of an administrator, from outside.
func stolen(c *cloud, source, name, params string) call {
	return call{source: source, name: name, params: params, from: c.h.raid.cloud, agent: cliAgent, user: c.h.admins[0]}
}

func sowStopLogging(s *sowing) {
	s.cloud(0, "T1580", "The trails are listed with stolen keys", func(c *cloud) {
		q := stolen(c, "cloudtrail", "DescribeTrails", `{"trailNameList":[]}`)
		q.readOnly = true
		c.called(q)
	})
	s.cloud(20*time.Second, "T1562.008", "The trail stops logging", func(c *cloud) {
		c.called(stolen(c, "cloudtrail", "StopLogging", `{"name":"arn:aws:cloudtrail:eu-central-1:`+cloudID+`:trail/main"}`))
	})
}

func sowNewUser(s *sowing) {
	const user = "svc-metrics-2"
	for i, q := range []struct{ name, params, techniques, what string }{
		{"CreateUser", `{"userName":"` + user + `"}`, "T1136.003", "A user is made"},
		{"AttachUserPolicy", `{"userName":"` + user + `","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`, "T1098.003", "The user gets an administrator's policy"},
		{"CreateAccessKey", `{"userName":"` + user + `"}`, "T1098.001", "The user gets a key"},
		{"CreateLoginProfile", `{"userName":"` + user + `","passwordResetRequired":false}`, "T1098.001", "The user gets a password"},
	} {
		s.cloud(time.Duration(i*6)*time.Second, q.techniques, q.what, func(c *cloud) { c.called(stolen(c, "iam", q.name, q.params)) })
	}
}

func sowRoot(s *sowing) {
	s.cloud(0, "T1078.004", "Root signs in from an unknown address without a second factor", func(c *cloud) {
		c.called(call{source: "signin", name: "ConsoleLogin", from: c.h.raid.cloud, agent: browsers[1], root: true, login: true, response: `{"ConsoleLogin":"Success"}`})
	})
}

func sowPolicyOff(s *sowing) {
	s.cloud(0, "T1556.009 T1484.002", "The policy that demands a second factor of all is disabled", func(c *cloud) {
		c.changed(change{
			activity: "Update conditional access policy", category: "Policy", operation: "Update", who: c.h.admins[0], from: c.h.raid.cloud, targetType: "Policy",
			target: "Require MFA for all users", property: "ConditionalAccessPolicy", old: `{"state":"enabled","conditions":{"users":{"includeUsers":["All"]}}}`,
			new: `{"state":"disabled","conditions":{"users":{"includeUsers":["All"]}}}`,
		})
	})
}

func sowTravel(s *sowing) {
	s.cloud(0, "T1078.004", "Sign-in from the usual place, before the impossible one", func(c *cloud) {
		q := c.usual(c.h.raid.victim)
		q.from = mailPublic
		c.signed(q)
	})
	s.cloud(18*time.Minute, "T1078.004", "Sign-in from another continent eighteen minutes later, with one factor and an unknown device", func(c *cloud) {
		q := c.usual(c.h.raid.victim)
		q.from, q.city, q.country, q.lat, q.long = c.h.raid.cloud, "Lima", "PE", "-12.05", "-77.04"
		q.single, q.trusted, q.access, q.system, q.agent = true, false, "notApplied", "Linux", c.h.raid.agent
		c.signed(q)
	})
}

func sowCloudSpray(s *sowing) {
	for i := range 30 {
		s.cloud(time.Duration(i*7)*time.Second, "T1110.003", "Failed sign-in for the next account", func(c *cloud) {
			q := c.usual(c.h.people[i%len(c.h.people)])
			q.from, q.city, q.country, q.lat, q.long, q.trusted = c.h.raid.spray, "Reykjavik", "IS", "64.14", "-21.94", false
			q.single, q.access, q.error, q.reason = true, "notApplied", 50126, "Error validating credentials due to invalid username or password."
			q.client = "Authenticated SMTP"
			c.signed(q)
		})
	}
}
