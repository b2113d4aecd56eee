package misp

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// hexDigits are the digits of values that MISP counts.
var hexDigits = map[string]int{
	"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128, "sha512/224": 56, "sha512/256": 64, "sha3-224": 56,
	"sha3-256": 64, "sha3-384": 96, "sha3-512": 128, "imphash": 32, "authentihash": 64, "pehash": 40, "x509-fingerprint-md5": 32,
	"x509-fingerprint-sha1": 40, "x509-fingerprint-sha256": 64, "ja3-fingerprint-md5": 32, "hassh-md5": 32, "hasshserver-md5": 32,
	"mac-address": 12, "mac-eui-64": 16,
}

// forms are what the values of other types look like, as MISP writes them before it looks.
var forms = map[string]*regexp.Regexp{
	"domain":                 domainForm,
	"hostname":               domainForm,
	"email":                  emailForm,
	"email-src":              emailForm,
	"email-dst":              emailForm,
	"eppn":                   emailForm,
	"target-email":           emailForm,
	"whois-registrant-email": emailForm,
	"dns-soa-email":          emailForm,
	"jabber-id":              emailForm,
	"vulnerability":          regexp.MustCompile(`^(?i)CVE[-–]\d{4}[-–]\d{4,}$`),
	"weakness":               regexp.MustCompile(`^(?i)CWE[-–]\d+$`),
	"ssdeep":                 regexp.MustCompile(`^\d+:[0-9a-zA-Z/+]*:[0-9a-zA-Z/+]*$`),
	"tlsh":                   regexp.MustCompile(`^(?i)t?[0-9a-f]{36,}$`),
	"impfuzzy":               regexp.MustCompile(`^\d+:[^:]*:[^:]*$`),
	"cdhash":                 regexp.MustCompile(`^(?i)[0-9a-f]{40,}$`),
	"btc":                    currencyForm,
	"dash":                   currencyForm,
	"xmr":                    currencyForm,
	"hex":                    regexp.MustCompile(`^(?i)[0-9a-f]+$`),
	"size-in-bytes":          regexp.MustCompile(`^\d+$`),
	"counter":                regexp.MustCompile(`^\d+$`),
	"windows-service-name":   regexp.MustCompile(`^[^\\/]{1,256}$`),

	"windows-service-displayname": regexp.MustCompile(`^[^\\/]{1,256}$`),
}

var (
	domainForm   = regexp.MustCompile(`^(?i)[a-z0-9._-]+\.[a-z0-9-]{2,}$`)
	emailForm    = regexp.MustCompile(`^.\S*@.*\..*$`)
	currencyForm = regexp.MustCompile(`^[a-zA-Z0-9]+$`)
)

// singleLine are types of one line.
var singleLine = set("target-user", "campaign-name", "campaign-id", "threat-actor", "target-machine", "target-org", "target-location", "target-external",
	"email-subject", "malware-type", "url", "uri", "user-agent", "regkey", "filename", "pdb", "windows-scheduled-task", "email-dst-display-name",
	"email-src-display-name", "email-reply-to", "email-x-mailer", "email-mime-boundary", "email-thread-index", "email-message-id", "github-username",
	"github-repository", "github-organisation", "twitter-id", "dkim", "dkim-signature", "favicon-mmh3", "chrome-extension-id",
	"mobile-application-id", "azure-application-id", "named pipe", "vhash")

// acceptable says whether MISP takes a value for a type, as far as it is told here: what its AttributeValidationTool and its model of
// attributes refuse. Types that are not named here take any text.
func acceptable(kind, value string) bool {
	value = strings.TrimSpace(value)
	if strings.TrimFunc(value, unicode.IsControl) == "" {
		return false
	}
	if a, b, pair := strings.Cut(kind, "|"); pair || kind == "malware-sample" {
		left, right, _ := strings.Cut(value, "|")
		switch {
		case strings.Count(value, "|") != 1 || left == "" || right == "":
			return false
		case !pair:
			return true
		case (b == "ip" || strings.HasPrefix(a, "ip-")) && strings.Contains(value, "/"):
			return false // a network is no address
		case b == "ip":
			b = "ip-dst"
		case b == "value":
			b = a // of one line, too
		}
		return acceptable(a, left) && acceptable(b, right)
	}
	if n := hexDigits[kind]; n > 0 {
		switch {
		case strings.HasPrefix(kind, "x509-"):
			value = strings.ReplaceAll(value, ":", "")
		case strings.HasPrefix(kind, "mac-"):
			value = strings.NewReplacer(":", "", "-", "", ".", "", " ", "").Replace(value)
		}
		return len(value) == n && strings.Trim(strings.ToLower(value), "0123456789abcdef") == ""
	}
	if kind == "domain" { // a name in another script gets its form of ASCII
		value = strings.Trim(value, ".")
		value = strings.Map(func(r rune) rune {
			if r > unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)) {
				return 'x'
			}
			return r
		}, value)
	}
	if form := forms[kind]; form != nil {
		return form.MatchString(value)
	}
	switch kind {
	case "ip-src", "ip-dst":
		return addressFamily(value) != ""
	case "port":
		n, ok := number(value)
		return ok && n >= 1 && n <= 65535 && value[0] != '+'
	case "AS":
		value = strings.TrimPrefix(strings.ToUpper(value), "AS")
		n, ok := number(value)
		return ok && n >= 0 && n <= 1<<32-1 && value[0] != '+'
	case "integer":
		_, ok := number(value)
		return ok
	case "datetime":
		_, ok := parseTime(value)
		return ok
	case "boolean": // MISP would read every other word as true
		return value == "0" || value == "1" || strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
	case "link":
		u, err := url.Parse(value)
		return err == nil && u.Scheme != "" && u.Host != "" && !strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' })
	}
	return !singleLine[kind] || !strings.Contains(value, "\n")
}
