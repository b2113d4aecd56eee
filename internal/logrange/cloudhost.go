package logrange

// cloud is the organisation's cloud tenant: an AWS account and an Entra ID directory.
type cloud struct {
	h      *host
	trail  *logFile
	signin *logFile
	audit  *logFile
	all    []*logFile
	roles  []string
}

func newCloud(h *host) *cloud {
	c := &cloud{h: h, roles: []string{"deploy", "backup", "metrics", "images"}}
	add := func(f Format, name string) *logFile {
		l := &logFile{h: h, format: f, name: h.name + "/" + name}
		c.all = append(c.all, l)
		return l
	}
	if h.has[CloudTrail] {
		c.trail = add(CloudTrail, "cloudtrail.json")
	}
	if h.has[Entra] {
		c.signin = add(Entra, "entra-signin.json")
		if h.place.stream == nil {
			c.audit = add(Entra, "entra-audit.json")
		}
	}
	return c
}

func (c *cloud) close() {
	for _, l := range c.all {
		l.done()
	}
}

func onCloud(day, night int, do func(c *cloud), needs Format) doing {
	return doing{day, night, []Format{needs}, func(h *host) { do(h.cloud) }}
}

func cloudRoutine() []doing {
	return []doing{
		onCloud(300, 300, (*cloud).workload, CloudTrail),
		onCloud(40, 6, (*cloud).engineer, CloudTrail),
		onCloud(20, 30, (*cloud).assumed, CloudTrail),
		onCloud(4, 1, (*cloud).consoleLogon, CloudTrail),
		onCloud(120, 40, (*cloud).signedIn, Entra),
		onCloud(6, 1, (*cloud).mistyped, Entra),
		onCloud(12, 4, (*cloud).directoryWork, Entra),
	}
}
