package packs_test

import (
	"fmt"
	"strings"
	"testing"

	"entente/internal/advisory"
	"entente/internal/coverage"
	"entente/internal/hunt"
	"entente/internal/source"
	"entente/internal/taxonomy"
	"entente/packs"
)

// verdictOf hunts with all packs and says what the first host is.
func verdictOf(t *testing.T, name, log string) (coverage.Verdict, string) {
	t.Helper()
	table, err := taxonomy.Load()
	if err != nil {
		t.Fatal(err)
	}
	var all []*advisory.Pack
	for _, id := range packs.IDs() {
		p, err := advisory.OpenFS(packs.Open(id), id)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	c := coverage.New(all, coverage.Options{Table: table, Describe: func(*hunt.Finding) string { return "" }})
	sum, err := hunt.Run(t.Context(), hunt.NewPlan(coverage.Rules(all), table, hunt.PlanOptions{}), hunt.Options{
		Read: source.Options{Workers: 1, Memory: []source.Memory{{Name: name, Data: []byte(log)}}}, Logs: true,
		Finding: func(f *hunt.Finding) error { c.Add(f); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	h := &c.Report(sum).Hosts[0]
	return h.Verdict, h.VerdictBecause("")
}

// started is the start of a program, in Sysmon's log, at a minute of the hour.
func started(minute int, image, command, parent string) string {
	return fmt.Sprintf(`{"Channel":"Microsoft-Windows-Sysmon/Operational","Provider_Name":"Microsoft-Windows-Sysmon","EventID":1,"Computer":"EX01.example.org","TimeCreated":"2021-03-03T15:%02d:00Z","Image":%q,"CommandLine":%q,"ParentImage":%q,"ParentCommandLine":"x","User":"EXAMPLE\\adm-arendt"}`+"\n", minute, `C:\Windows\System32\`+image, command, parent)
}

// audited is a record of the security log; fields are members of JSON.
func audited(id int, fields string) string {
	return fmt.Sprintf(`{"Channel":"Security","Provider_Name":"Microsoft-Windows-Security-Auditing","EventID":%d,"Computer":"EX01.example.org","TimeCreated":"2021-03-03T15:00:00Z",%s}`+"\n", id, fields)
}

// TestOneOrdinaryActIsNoCompromise: what administrators do is at most a sign, also where both packs find it.
func TestOneOrdinaryActIsNoCompromise(t *testing.T) {
	const shell = `C:\Windows\System32\cmd.exe`
	for _, c := range []struct {
		log  string
		sign bool // it is one
	}{
		{started(0, "schtasks.exe", `schtasks /create /tn "Vendor Update" /tr "C:\ProgramData\Vendor\update.exe" /sc daily /ru SYSTEM`, `C:\Windows\System32\msiexec.exe`), true},
		{started(0, "sc.exe", `sc create VendorAgent binPath= "C:\ProgramData\Vendor\agent.exe" start= auto`, shell), true},
		{started(0, "netsh.exe", "netsh interface portproxy add v4tov4 listenport=3000 listenaddress=0.0.0.0 connectport=3000 connectaddress=172.20.3.4", shell), true},
		{started(0, "wevtutil.exe", `wevtutil cl "Microsoft-Windows-PrintService/Operational"`, shell), true},
		{started(0, "bitsadmin.exe", `bitsadmin /transfer patch https://download.microsoft.com/x.msu C:\temp\x.msu`, shell), true},
		{started(0, "reg.exe", `reg save HKLM\SYSTEM C:\Backup\system.hiv`, shell), true},
		{started(0, "procdump64.exe", `procdump64.exe -ma lsass.exe C:\temp\lsass.dmp`, shell), true},
		{started(0, "certutil.exe", "certutil -urlcache * delete", shell), false},
		{started(0, "certutil.exe", "certutil -verifyctl AuthRoot", shell), false},
		{audited(5145, `"SubjectUserName":"adm-arendt","IpAddress":"10.0.0.77","ShareName":"\\\\*\\C$","RelativeTargetName":"temp\\setup.exe","AccessMask":"0x2"`), true},
		{audited(4662, `"SubjectUserName":"svc-adsync","ObjectType":"%{19195a5b-6da0-11d0-afd3-00c04fd930c9}","AccessMask":"0x100","Properties":"{1131f6ad-9c07-11d1-f79f-00c04fc2dcd2}"`), true},
		{audited(4756, `"TargetUserName":"Exchange Trusted Subsystem","MemberName":"CN=EX02","SubjectUserName":"EX01$"`), true},
		{audited(4742, `"TargetUserName":"WS07$","SubjectUserName":"ANONYMOUS LOGON","PasswordLastSet":"3/3/2021 8:00:01 AM"`), false},
	} {
		got, because := verdictOf(t, "log.json", c.log)
		if got == coverage.Compromised || (got == coverage.Attempted) != c.sign {
			t.Errorf("%s (%s): %s", got, because, c.log)
		}
	}
}

// TestIntrusionsAreCompromises: two such acts are one, and so is one that nothing usual looks like.
func TestIntrusionsAreCompromises(t *testing.T) {
	const shell = `C:\Windows\System32\cmd.exe`
	request := func(method, stem, query, user, agent, status string) string {
		return fmt.Sprintf("2021-03-03 07:03:08 192.0.2.10 %s %s %s 443 %s 198.51.100.7 %s - %s 0 0 180\n", method, stem, query, user, agent, status)
	}
	for _, c := range []struct{ name, log string }{
		{"log.json", started(0, "schtasks.exe", `schtasks /create /tn Update /tr "C:\ProgramData\u.exe" /sc daily /ru SYSTEM`, shell) + started(5, "reg.exe", `reg save HKLM\SAM C:\ProgramData\s`, shell)},
		{"u_ex.log", w3cHead + request("GET", "/aspnet_client/discover.aspx", `orange=Response.Write(new+ActiveXObject("WScript.Shell").exec("cmd+/c+whoami"))`, "-", "Mozilla/5.0", "200")},
		{"u_ex.log", w3cHead + request("POST", "/owa/auth/Current/themes/resources/errorFE.aspx", "-", "-", "Mozilla/5.0", "200")},
		{"sec.json", audited(5145, `"SubjectUserName":"EX01$","IpAddress":"fe80::1c2:3d4e:5f60:7a8b","ShareName":"\\\\*\\C$","RelativeTargetName":"inetpub\\wwwroot\\aspnet_client\\x.aspx","AccessMask":"0x2"`)},
	} {
		if got, because := verdictOf(t, c.name, c.log); got != coverage.Compromised {
			t.Errorf("%s (%s): %s", got, because, strings.TrimPrefix(c.log, w3cHead))
		}
	}
}
