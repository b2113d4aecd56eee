package logrange

import "time"

// Demo is the plan of the demonstration: two days of a small organisation, whose mail server is broken into on the
// morning of the second. It is fiction, told with the techniques of the spring of 2021.
func Demo(seed uint64) Plan {
	at := func(day, hour, minutes int) time.Duration {
		return time.Duration(day-2)*24*time.Hour + time.Duration(hour)*time.Hour + time.Duration(minutes)*time.Minute
	}
	p := Plan{
		Seed:  seed,
		Start: time.Date(2021, 3, 2, 0, 0, 0, 0, time.UTC), Duration: 40 * time.Hour,
		Hosts: []Host{
			{"dc01", DomainController}, {"ex01", ExchangeServer}, {"ws07", Workstation}, {"lnx02", LinuxWeb}, {"cloud", CloudTenant},
		},
		EventsPerHost: 8000,
		// One form of each log, so that nothing is found twice.
		Formats: []Format{EVTX, IIS, HTTPProxy, ECP, Auditd, Syslog, WebAccess, CloudTrail, Entra},
		Plants: []Planting{
			// Looking around from outside.
			{ID: "web-scan", At: at(2, 22, 14), Host: "lnx02"},
			{ID: "password-spray", At: at(3, 5, 2), Host: "ex01"},
			// In: the mail server.
			{ID: "proxylogon", At: at(3, 6, 49), Host: "ex01"},
			{ID: "webshell", At: at(3, 7, 3), Host: "ex01"},
			{ID: "discovery", At: at(3, 7, 10), Host: "ex01"},
			{ID: "certutil-download", At: at(3, 7, 21), Host: "ex01"},
			{ID: "lsass-comsvcs", At: at(3, 7, 30), Host: "ex01"},
			{ID: "scheduled-task", At: at(3, 7, 44), Host: "ex01"},
			// On: the domain, a workstation.
			{ID: "kerberoast", At: at(3, 8, 5), Host: "dc01"},
			{ID: "rdp-lateral", At: at(3, 8, 20), Host: "dc01"},
			{ID: "wmi-exec", At: at(3, 8, 40), Host: "ws07"},
			{ID: "dll-sideload", At: at(3, 8, 50), Host: "ws07"},
			{ID: "cobalt-pipes", At: at(3, 8, 56), Host: "ws07"},
			{ID: "dns-tunnel", At: at(3, 9, 15), Host: "ws07"},
			{ID: "ntds-ifm", At: at(3, 9, 40), Host: "dc01"},
			{ID: "new-admin", At: at(3, 9, 52), Host: "dc01"},
			// Out: the loot, and the traces.
			{ID: "rar-staging", At: at(3, 10, 20), Host: "ex01"},
			{ID: "timestomp", At: at(3, 10, 41), Host: "ex01"},
			{ID: "log-clear", At: at(3, 10, 55), Host: "ex01"},
			// Meanwhile: the web server and the cloud.
			{ID: "ssh-bruteforce", At: at(3, 11, 30), Host: "lnx02"},
			{ID: "linux-webshell", At: at(3, 11, 40), Host: "lnx02"},
			{ID: "cron-persistence", At: at(3, 11, 55), Host: "lnx02"},
			{ID: "entra-travel", At: at(3, 13, 5)},
			{ID: "entra-policy-off", At: at(3, 13, 31)},
		},
	}
	for _, plant := range lookalikes() {
		p.Plants = append(p.Plants, Planting{ID: plant.ID})
	}
	return p
}
