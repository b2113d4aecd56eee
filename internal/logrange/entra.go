package logrange

import "strconv"

// Entra ID sign-ins and audit records, in the shape of Microsoft Graph, one record a line.

// entry is one sign-in.
type entry struct {
	who       *account
	app       string
	from      string
	city      string
	country   string
	lat, long string
	agent     string
	client    string // Browser, Mobile Apps and Desktop clients, IMAP4
	system    string // operating system
	single    bool   // one factor only
	error     int
	reason    string
	access    string // conditional access: success, notApplied, failure
	trusted   bool
}

func (c *cloud) signed(q entry) {
	if c.signin == nil {
		return
	}
	h, r := c.h, c.h.rand
	b := c.signin.begin(h.now)
	b = append(b, `{"id":"`...)
	b = appendGUID(b, randomGUID(r), lowerHex)
	b = append(b, `","createdDateTime":"`...)
	b = h.clock.rfc3339Second(b, h.now)
	b = append(b, `","userDisplayName":"`...)
	b = append(b, q.who.display...)
	b = append(b, `","userPrincipalName":"`...)
	b = append(b, q.who.name...)
	b = append(b, `@`+domainDNS+`","userId":"`...)
	b = appendGUID(b, q.who.mailbox, lowerHex)
	b = append(b, `","appId":"`...)
	b = appendGUID(b, parseGUID(string(appendHex(nil, mix64(uint64(len(q.app))), 32, lowerHex))), lowerHex)
	b = append(b, `","appDisplayName":"`...)
	b = append(b, q.app...)
	b = append(b, `","ipAddress":"`...)
	b = append(b, q.from...)
	b = append(b, `","clientAppUsed":"`...)
	b = append(b, q.client...)
	b = append(b, `","userAgent":"`...)
	b = append(b, q.agent...)
	b = append(b, `","correlationId":"`...)
	b = appendGUID(b, randomGUID(r), lowerHex)
	b = append(b, `","conditionalAccessStatus":"`...)
	b = append(b, q.access...)
	b = append(b, `","authenticationRequirement":"`...)
	if q.single {
		b = append(b, `singleFactorAuthentication`...)
	} else {
		b = append(b, `multiFactorAuthentication`...)
	}
	b = append(b, `","isInteractive":true,"riskDetail":"none","riskLevelAggregated":"none","riskLevelDuringSignIn":"none","riskState":"none","resourceDisplayName":"Microsoft Graph","resourceTenantId":"`+tenantID+`","homeTenantId":"`+tenantID+`","status":{"errorCode":`...)
	b = strconv.AppendInt(b, int64(q.error), 10)
	b = append(b, `,"failureReason":"`...)
	if q.reason == "" {
		b = append(b, "Other."...)
	}
	b = append(b, q.reason...)
	b = append(b, `","additionalDetails":null},"deviceDetail":{"deviceId":"`...)
	if q.trusted {
		b = appendGUID(b, parseGUID(q.who.device), lowerHex)
	}
	b = append(b, `","displayName":"","operatingSystem":"`...)
	b = append(b, q.system...)
	b = append(b, `","browser":"Chrome 88.0.4324","isCompliant":`...)
	b = strconv.AppendBool(b, q.trusted)
	b = append(b, `,"isManaged":`...)
	b = strconv.AppendBool(b, q.trusted)
	if q.trusted {
		b = append(b, `,"trustType":"Hybrid Azure AD joined"`...)
	}
	b = append(b, `},"location":{"city":"`...)
	b = append(b, q.city...)
	b = append(b, `","state":"","countryOrRegion":"`...)
	b = append(b, q.country...)
	b = append(b, `","geoCoordinates":{"altitude":null,"latitude":`...)
	b = append(b, q.lat...)
	b = append(b, `,"longitude":`...)
	b = append(b, q.long...)
	b = append(b, `}},"appliedConditionalAccessPolicies":[]}`...)
	c.signin.end(append(b, '\n'), 1)
	h.pause(0, 20*milli)
}

var cloudApps = []string{"Office 365 Exchange Online", "Microsoft Teams", "Office 365 SharePoint Online", "OfficeHome", "Microsoft Office"}

func (c *cloud) usual(who *account) entry {
	r := c.h.rand
	q := entry{
		who: who, app: pick(r, cloudApps), from: mailPublic, city: "Hamburg", country: "DE", lat: "53.55", long: "9.99", agent: browsers[who.agent%len(browsers)],
		client: "Browser", system: "Windows 10", access: "success", trusted: true,
	}
	if r.permille(300) {
		q.from = who.home
	}
	if r.permille(400) {
		q.client = "Mobile Apps and Desktop clients"
	}
	return q
}

func (c *cloud) signedIn() { c.signed(c.usual(pick(c.h.rand, c.h.people))) }

func (c *cloud) mistyped() {
	q := c.usual(pick(c.h.rand, c.h.people))
	q.error, q.reason, q.access = 50126, "Error validating credentials due to invalid username or password.", "notApplied"
	c.signed(q)
}

// change is one audit record of the directory.
type change struct {
	activity, category, operation string
	who                           *account
	app                           string // who acted, where who is nil
	from                          string
	targetType, target            string
	property, old, new            string // JSON texts of the modified property
}

func (c *cloud) changed(q change) {
	l := c.audit
	if l == nil {
		l = c.signin // one stream takes both
	}
	if l == nil {
		return
	}
	h, r := c.h, c.h.rand
	b := l.begin(h.now)
	b = append(b, `{"id":"Directory_`...)
	b = appendHex(b, r.next(), 12, upperHex)
	b = append(b, `","category":"`...)
	b = append(b, q.category...)
	b = append(b, `","correlationId":"`...)
	b = appendGUID(b, randomGUID(r), lowerHex)
	b = append(b, `","result":"success","resultReason":"","activityDisplayName":"`...)
	b = append(b, q.activity...)
	b = append(b, `","activityDateTime":"`...)
	b = h.clock.rfc3339Milli(b, h.now)
	b = append(b, `","loggedByService":"Core Directory","operationType":"`...)
	b = append(b, q.operation...)
	b = append(b, `","initiatedBy":{`...)
	if q.who != nil {
		b = append(b, `"user":{"id":"`...)
		b = appendGUID(b, q.who.mailbox, lowerHex)
		b = append(b, `","displayName":null,"userPrincipalName":"`...)
		b = append(b, q.who.name...)
		b = append(b, `@`+domainDNS+`","ipAddress":"`...)
		b = append(b, q.from...)
		b = append(b, `"},"app":null`...)
	} else {
		b = append(b, `"user":null,"app":{"displayName":"`...)
		b = append(b, q.app...)
		b = append(b, `"}`...)
	}
	b = append(b, `},"targetResources":[{"id":"`...)
	b = appendGUID(b, randomGUID(r), lowerHex)
	b = append(b, `","displayName":"`...)
	b = append(b, q.target...)
	b = append(b, `","type":"`...)
	b = append(b, q.targetType...)
	b = append(b, `","modifiedProperties":[`...)
	if q.property != "" {
		b = append(b, `{"displayName":"`...)
		b = append(b, q.property...)
		b = append(b, `","oldValue":"`...)
		b = appendEscaped(b, []byte(q.old))
		b = append(b, `","newValue":"`...)
		b = appendEscaped(b, []byte(q.new))
		b = append(b, `"}`...)
	}
	b = append(b, `]}],"additionalDetails":[]}`...)
	l.end(append(b, '\n'), 1)
	h.pause(0, 20*milli)
}

func (c *cloud) directoryWork() {
	h, r := c.h, c.h.rand
	who := pick(r, h.admins)
	target := upn(pick(r, h.people))
	switch r.below(3) {
	case 0:
		c.changed(change{activity: "Update user", category: "UserManagement", operation: "Update", who: who, from: mailPublic, targetType: "User", target: target, property: "Department", old: `["Sales"]`, new: `["Support"]`})
	case 1:
		c.changed(change{activity: "Update device", category: "Device", operation: "Update", app: "Device Registration Service", targetType: "Device", target: "WS" + strconv.Itoa(r.between(1, 40)), property: "DeviceOSVersion", old: `["10.0.19041.804"]`, new: `["10.0.19041.844"]`})
	default:
		c.changed(change{activity: "Change user license", category: "UserManagement", operation: "Update", who: who, from: mailPublic, targetType: "User", target: target})
	}
}
