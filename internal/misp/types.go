package misp

import (
	"slices"
	"strings"
	"sync"
)

// categories are the types of attributes that each category of MISP takes; MISP refuses other pairs.
var categories = sync.OnceValue(func() map[string][]string {
	const (
		hashes = "md5,sha1,sha224,sha256,sha384,sha512,sha512/224,sha512/256,sha3-224,sha3-256,sha3-384,sha3-512,ssdeep,imphash,telfhash,impfuzzy," +
			"authentihash,vhash,cdhash"
		names = "filename,filename|md5,filename|sha1,filename|sha224,filename|sha256,filename|sha384,filename|sha512,filename|sha512/224," +
			"filename|sha512/256,filename|sha3-224,filename|sha3-256,filename|sha3-384,filename|sha3-512,filename|authentihash,filename|vhash," +
			"filename|ssdeep,filename|tlsh,filename|imphash,filename|impfuzzy"
		certificates = "x509-fingerprint-sha1,x509-fingerprint-md5,x509-fingerprint-sha256"
		rules        = "pattern-in-file,pattern-in-memory,filename-pattern,stix2-pattern,yara,sigma"
		prints       = "ja3-fingerprint-md5,jarm-fingerprint,hassh-md5,hasshserver-md5"
		addresses    = "ip-src,ip-dst,ip-dst|port,ip-src|port,hostname,domain,mac-address,mac-eui-64"
		apps         = "azure-application-id,mobile-application-id,chrome-extension-id,edge-extension-id"
		words        = "comment,text,other,anonymised"
		samples      = "attachment,malware-sample"
		flaws        = "vulnerability,cpe,weakness"
		keys         = "pgp-public-key,pgp-private-key"
	)
	join := func(lists ...string) []string { return strings.Split(strings.Join(lists, ","), ",") }
	return map[string][]string{
		"Internal reference":  join(words, "link,hex,git-commit-id"),
		"Targeting data":      join("target-user,target-email,target-machine,target-org,target-location,target-external,comment,anonymised"),
		"Antivirus detection": join(words, "link,hex,attachment"),
		"Payload delivery": join(hashes, names, certificates, prints, addresses, apps, words, samples, flaws, "pehash,tlsh,filename|pehash",
			"email,email-src,email-dst,email-subject,email-attachment,email-body,url,user-agent,AS,pattern-in-file,pattern-in-traffic",
			"filename-pattern,stix2-pattern,yara,sigma,mime-type,link,malware-type,hex,hostname|port,email-dst-display-name",
			"email-src-display-name,email-header,email-reply-to,email-x-mailer,email-mime-boundary,email-thread-index,email-message-id",
			"whois-registrant-email,onion-address"),
		"Artifacts dropped": join(hashes, names, certificates, rules, words, samples, keys, "filename|pehash,regkey,regkey|value,pdb,named pipe",
			"mutex,process-state,windows-scheduled-task,windows-service-name,windows-service-displayname,hex,cookie,gene,kusto-query,mime-type"),
		"Payload installation": join(hashes, names, certificates, rules, apps, words, samples, flaws, "pehash,tlsh,filename|pehash,pattern-in-traffic",
			"malware-type,hex,mime-type"),
		"Persistence mechanism": join(words, "filename,regkey,regkey|value,hex"),
		"Network activity": join(addresses, certificates, prints, words, "port,domain|ip,email,email-dst,email-src,eppn,url,uri,user-agent,http-method",
			"AS,snort,suricata,pattern-in-file,filename-pattern,stix2-pattern,pattern-in-traffic,attachment,hex,cookie,hostname|port,bro,zeek",
			"community-id,email-subject,favicon-mmh3,dkim,dkim-signature,ssh-fingerprint,dom-hash,onion-address"),
		"Payload type": join(words),
		"Attribution": join(words, certificates, "threat-actor,campaign-name,campaign-id,whois-registrant-phone,whois-registrant-email",
			"whois-registrant-name,whois-registrant-org,whois-registrar,whois-creation-date,dns-soa-email,email"),
		"External analysis": join(addresses, certificates, prints, words, samples, flaws, "md5,sha1,sha256,sha3-224,sha3-256,sha3-384,sha3-512",
			"filename,filename|md5,filename|sha1,filename|sha256,filename|sha3-224,filename|sha3-256,filename|sha3-384,filename|sha3-512",
			"domain|ip,url,user-agent,regkey,regkey|value,AS,snort,suricata,bro,zeek,pattern-in-file,pattern-in-traffic,pattern-in-memory",
			"filename-pattern,link,github-repository,cortex,community-id,dom-hash,onion-address"),
		"Financial fraud": join(words, "btc,dash,xmr,iban,bic,bank-account-nr,aba-rtn,bin,cc-number,prtn,phone-number,hex"),
		"Support Tool":    join(words, "link,attachment,hex"),
		"Social network": join(words, keys, "github-username,github-repository,github-organisation,jabber-id,twitter-id,email,email-src,email-dst",
			"eppn,whois-registrant-email"),
		"Person": join(words, keys, "first-name,middle-name,last-name,full-name,date-of-birth,place-of-birth,gender,passport-number",
			"passport-country,passport-expiration,redress-number,nationality,visa-number,issue-date-of-the-visa,primary-residence",
			"country-of-residence,special-service-request,frequent-flyer-number,travel-details,payment-details",
			"place-port-of-original-embarkation,place-port-of-clearance,place-port-of-onward-foreign-destination",
			"passenger-name-record-locator-number,phone-number,identity-card-number,email"),
		"Other": join(words, keys, "size-in-bytes,counter,integer,datetime,cpe,port,float,hex,phone-number,boolean,uuid"),
	}
})

// defaultCategories are the categories that MISP proposes, by type; a type that is not listed has the first of these that takes
// it.
var defaultCategories = map[string]string{
	"email": "Social network", "email-dst": "Network activity", "mime-type": "Artifacts dropped", "phone-number": "Person",
	"attachment": "External analysis", "vulnerability": "External analysis", "cpe": "External analysis", "weakness": "External analysis",
	"link": "External analysis", "comment": "Other", "text": "Other", "other": "Other", "hex": "Other", "anonymised": "Other",
	"cookie": "Network activity", "yara": "Payload installation", "sigma": "Payload installation", "stix2-pattern": "Payload installation",
	"pattern-in-file": "Payload installation", "pattern-in-memory": "Payload installation", "filename-pattern": "Payload installation",
	"whois-registrant-email": "Attribution", "regkey": "Persistence mechanism", "regkey|value": "Persistence mechanism",
	"malware-sample": "Payload delivery", "port": "Network activity",
}

var categoryOrder = []string{
	"Network activity", "Payload delivery", "Artifacts dropped", "Payload installation", "Persistence mechanism", "External analysis",
	"Attribution", "Financial fraud", "Social network", "Person", "Targeting data", "Internal reference", "Antivirus detection", "Payload type",
	"Support Tool", "Other",
}

// categoryOf is a category that takes a type: the one that is asked for, or the one that MISP proposes. ok is false where it is
// not the one asked for; "" is one for a type that MISP does not know.
func categoryOf(kind, want string) (category string, ok bool) {
	takes := func(c string) bool { return slices.Contains(categories()[c], kind) }
	switch {
	case want != "" && takes(want):
		return want, true
	case takes("Payload delivery") && (isHash(kind) || strings.HasPrefix(kind, "email-") && kind != "email-dst"):
		return "Payload delivery", want == ""
	case defaultCategories[kind] != "":
		return defaultCategories[kind], want == ""
	}
	for _, c := range categoryOrder {
		if takes(c) {
			return c, want == ""
		}
	}
	return "", false
}

// isHash says whether a type is a hash, or a file name with one.
func isHash(kind string) bool {
	kind = strings.TrimPrefix(kind, "filename|")
	return kind == "filename" || slices.ContainsFunc(hashNames, func(h hashName) bool { return h.kind == kind })
}
