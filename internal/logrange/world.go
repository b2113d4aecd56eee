package logrange

import (
	"fmt"
	"strconv"
	"strings"
)

// The organisation. Machines inside have private addresses (10.20.0.0/16): rules rightly take documentation
// addresses for public ones, and a logon from one for an alarm. Everything outside has documentation addresses.
const (
	domainShort = "EXAMPLE"
	domainDNS   = "example.org"
	domainUpper = "EXAMPLE.ORG"
	mailSite    = "mail." + domainDNS
	mailPublic  = "192.0.2.10" // mail.example.org as seen from outside
	cloudID     = "111122223333"
	tenantID    = "5f0c2d1e-8a64-4b0f-9c0e-2b7f3a9d6e11"
)

// account is somebody who acts: a person, a machine, a service.
type account struct {
	name    string // of the logon: m.harlow, EX01$, SYSTEM
	domain  string
	display string
	sidText string
	mailbox guid
	device  string // of the phone, for ActiveSync
	agent   int    // index into phones and browsers
	home    string // address when outside
	logon   uint64 // logon id of the usual session
	level   string // integrity: Medium, High, System
}

// world is what all hosts of a range have in common. It does not change once made.
type world struct {
	plan      Plan
	domainSID string
	people    []*account
	admins    []*account // people's second accounts, adm-…
	services  []*account // svc-…
	traveller *account   // nobody sees them but where a plant says so
	system    *account
	local     *account
	network   *account
	anonymous *account
	raid      raid
	servers   []Host // Windows hosts
	dc        string // name of the first domain controller, "dc01" where there is none
	mail      string // name of the first Exchange server, "ex01" where there is none
}

// raid is what the planted intrusions have in common, so that they read as one story.
type raid struct {
	entry    string // address that exploits the mail server
	control  string // address of the command server
	spray    string // address that guesses passwords
	cloud    string // address of the cloud logons
	shell    string // name of the web shell, without extension
	shell2   string // name of the second one
	domain   string // command server
	tunnel   string // zone of the DNS tunnel
	folder   string // where tools and loot lie
	tool     string // renamed tool
	archive  string
	archiver string
	newUser  string
	service  string // account that moves laterally
	victim   *account
	password string
	task     string
	svcName  string
	pipe     string
	code     string // host of the script for curl | sh
	agent    string // user agent of the exploit
}

var givenNames = strings.Fields(`alma benno carla dario edda finn greta hanno ilse jonas kaja lasse mira nils olga pavel
quirin rosa sven thea ulla viggo wanda xenia yara zeno anouk bela cleo dunja`)

var familyNames = strings.Fields(`arendt birk castor dahl ekholm farkas grabow holt iversen janek kessler lorenz moen
novak ostrow petri quast rehn stolt tamm urban varga weiss yildiz zander almroth brandl corvin doster engel`)

func newWorld(p Plan) *world {
	r := derive(p.Seed, "world")
	w := &world{plan: p, dc: "dc01", mail: "ex01"}
	w.domainSID = fmt.Sprintf("S-1-5-21-%d-%d-%d", 1_000_000_000+r.below(2_000_000_000), 100_000_000+r.below(900_000_000),
		1_000_000_000+r.below(2_000_000_000))
	rid := 1100
	person := func(name, display, level string) *account {
		rid++
		return &account{
			name: name, domain: domainShort, display: display, sidText: w.domainSID + "-" + strconv.Itoa(rid),
			mailbox: randomGUID(r), device: "EXDEV" + string(appendHex(nil, r.next(), 26, upperHex)),
			agent: r.below(1000), home: string(appendOutside(nil, r)), logon: uint64(r.between(0x40000, 0xFFFFFF)), level: level,
		}
	}
	for i, given := range givenNames {
		family := familyNames[(i*7+int(p.Seed%13))%len(familyNames)]
		name := given[:1] + "." + family
		display := strings.ToUpper(given[:1]) + given[1:] + " " + strings.ToUpper(family[:1]) + family[1:]
		w.people = append(w.people, person(name, display, "Medium"))
		if i%8 == 3 {
			w.admins = append(w.admins, person("adm-"+family, display+" (admin)", "High"))
		}
	}
	for _, s := range []string{"svc-backup", "svc-sql", "svc-print", "svc-monitor", "svc-web"} {
		w.services = append(w.services, person(s, s, "High"))
	}
	w.traveller = person("l.okafor", "Lena Okafor", "Medium")
	builtin := func(name, sid string, logon uint64) *account {
		return &account{name: name, domain: "NT AUTHORITY", display: name, sidText: sid, logon: logon, level: "System"}
	}
	w.system = builtin("SYSTEM", "S-1-5-18", 0x3e7)
	w.local = builtin("LOCAL SERVICE", "S-1-5-19", 0x3e5)
	w.network = builtin("NETWORK SERVICE", "S-1-5-20", 0x3e4)
	w.anonymous = builtin("ANONYMOUS LOGON", "S-1-5-7", 0x3e6)
	for _, h := range p.Hosts {
		switch h.Role {
		case DomainController:
			if !strings.HasPrefix(w.dc, h.Name) && len(w.servers) == 0 {
				w.dc = h.Name
			}
			w.servers = append(w.servers, h)
		case ExchangeServer, FileServer, Workstation:
			w.servers = append(w.servers, h)
		case LinuxServer, LinuxWeb, CloudTenant:
		}
	}
	w.dc = firstOf(p.Hosts, DomainController, w.dc)
	w.mail = firstOf(p.Hosts, ExchangeServer, w.mail)
	w.raid = newRaid(derive(p.Seed, "raid"), w)
	return w
}

func firstOf(hosts []Host, role Role, otherwise string) string {
	for _, h := range hosts {
		if h.Role == role {
			return h.Name
		}
	}
	return otherwise
}

func newRaid(r *random, w *world) raid {
	outside := func() string { return "198.51.100." + strconv.Itoa(r.between(2, 250)) }
	shells := []string{"iisstart_", "errorEE_", "supp0rt_", "help_", "logout_", "shel_", "disco_"}
	names := []string{"telemetrycache", "packagehost", "statussync", "metricsedge"}
	ra := raid{
		entry: outside(), control: outside(), spray: outside(), cloud: outside(),
		shell:    pick(r, shells) + string(appendHex(nil, r.next(), 5, lowerHex)),
		shell2:   string(appendHex(nil, r.next(), 8, lowerHex)),
		domain:   pick(r, names) + ".example.net",
		tunnel:   "t" + string(appendDigits(nil, r, 2)) + "." + pick(r, names) + ".example.com",
		folder:   `C:\ProgramData\` + pick(r, []string{"Vendor Cache", "NetFramework Logs", "FontSync", "PrintAssist"}),
		tool:     pick(r, []string{"fsutilx.exe", "mdiag.exe", "hpsync.exe", "winlogsvc.exe"}),
		archive:  pick(r, []string{"d0", "bk", "o1", "temp7"}) + ".rar",
		archiver: pick(r, []string{"rar.exe", "Rar.exe"}),
		newUser:  pick(r, []string{"support_01", "svc-exadm", "helpdesk$", "iwam_srv"}),
		service:  "svc-backup",
		victim:   w.people[r.below(len(w.people))],
		password: "Winter" + string(appendDigits(nil, r, 4)) + "!",
		task:     pick(r, []string{`\Microsoft\Windows\Diagnosis\WinDiagCheck`, `\FontCacheSync`, `\VSPerfUpdate`}),
		svcName:  letters(r, 8),
		pipe:     `\MSSE-` + strconv.Itoa(r.between(1000, 9999)) + `-server`,
		code:     "198.51.100." + strconv.Itoa(r.between(2, 250)),
		agent:    "python-requests/2.2" + strconv.Itoa(r.between(0, 5)) + ".1",
	}
	return ra
}

func letters(r *random, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte('a' + r.below(26))
	}
	return string(out)
}

// appendInside appends the address of a machine inside.
func appendInside(dst []byte, r *random) []byte {
	x := r.next()
	dst = append(dst, "10.20."...)
	dst = strconv.AppendUint(dst, 10+x%4, 10)
	dst = append(dst, '.')
	return strconv.AppendUint(dst, 20+(x>>8)%200, 10)
}

// appendOutside appends an address on the internet that nobody has a quarrel with.
func appendOutside(dst []byte, r *random) []byte {
	dst = append(dst, "203.0.113."...)
	return strconv.AppendUint(dst, 1+r.next()%250, 10)
}

// insideAddress is the fixed address of a host, by its place in the plan.
func insideAddress(role Role, index int) string {
	net := 1
	if role == Workstation {
		net = 10
	}
	return fmt.Sprintf("10.20.%d.%d", net+index/200, 10+index%200)
}

var webSites = []string{
	"www.example.com", "news.example.net", "cdn.example.net", "static.example.com", "api.example.net", "maps.example.com",
	"weather.example.net", "shop.example.com", "fonts.example.net", "img.example.com", "login.example.net",
	"updates.example.com", "telemetry.example.net", "video.example.com", "docs.example.net", "travel.example.com",
	"bank.example.net", "wiki.example.com", "mirror.example.net", "time.example.net", "ocsp.example.com", "crl.example.net",
}

var documents = []string{
	"budget draft", "minutes", "travel plan", "offer", "contract", "roster", "inventory", "newsletter", "annual report",
	"floor plan", "price list", "project plan", "meeting notes", "training", "invoice list", "agenda", "handbook", "survey",
}

var words = []string{
	"harbour", "meadow", "copper", "lantern", "willow", "granite", "ember", "saffron", "juniper", "cobalt", "orchard",
	"pebble", "thistle", "walnut", "marble", "cedar", "birch", "falcon", "heron", "otter",
}

var shares = []string{"projects", "finance", "public", "scans", "archive", "teams", "media", "handouts"}
