package triage

import (
	"strings"

	"entente/internal/event"
)

// cloudTrail reads logons to the console of AWS.
func (r *attemptReader) cloudTrail(ev *event.Event) (attempt, bool) {
	if r.field(ev, "eventName") != "ConsoleLogin" {
		return attempt{}, false
	}
	a := attempt{method: "AWS console", source: from(r.field(ev, "sourceIPAddress"))}
	a.account = r.field(ev, "userIdentity.userName", "userIdentity.arn", "userIdentity.principalId")
	if r.field(ev, "userIdentity.type") == "Root" {
		a.account = "root"
	}
	if r.field(ev, "responseElements.ConsoleLogin") != "Success" {
		a.outcome, a.reason = Failure, r.field(ev, "errorMessage")
	}
	return a, true
}

// entraReasons are the usual error codes of Entra sign-ins (AADSTS).
var entraReasons = map[string]string{
	"50034": "no such account", "50053": "account locked", "50055": "password expired", "50057": "account disabled",
	"50072": "second factor needed", "50074": "second factor needed", "50076": "second factor needed", "50079": "second factor needed",
	"50097": "device authentication needed", "50105": "not assigned to the application", "50126": "wrong name or password",
	"50140": "asked to stay signed in", "50144": "password expired", "50158": "external challenge", "50173": "token revoked",
	"51004": "no such account", "53000": "device not compliant", "53003": "blocked by conditional access", "65001": "consent needed",
	"500121": "second factor failed", "70044": "session expired", "70043": "token expired", "700082": "token expired", "700016": "no such application",
}

// entra reads sign-ins, in the shapes of Azure Monitor, Log Analytics and Graph.
func (r *attemptReader) entra(ev *event.Event) (attempt, bool) {
	if ev.Channel != "signin" {
		return attempt{}, false
	}
	code := r.field(ev, "properties.status.errorCode", "status.errorCode", "Status.errorCode", "resultType", "ResultType")
	if code == "" {
		return attempt{}, false
	}
	a := attempt{method: "Entra", source: from(r.field(ev, "properties.ipAddress", "ipAddress", "callerIpAddress", "IPAddress"))}
	a.account = r.field(ev, "properties.userPrincipalName", "userPrincipalName", "UserPrincipalName", "properties.servicePrincipalName", "servicePrincipalName",
		"ServicePrincipalName", "identity", "Identity")
	if app := r.field(ev, "properties.clientAppUsed", "clientAppUsed", "ClientAppUsed"); app != "" {
		a.method = r.own("Entra, " + app)
	}
	if code != "0" {
		a.outcome = Failure
		if a.reason = entraReasons[code]; a.reason == "" {
			a.reason = r.field(ev, "properties.status.failureReason", "status.failureReason", "resultDescription", "ResultDescription")
		}
		if a.reason == "" {
			a.reason = r.own("error " + code)
		}
	}
	return a, true
}

// okta reads the beginnings of sessions.
func (r *attemptReader) okta(ev *event.Event) (attempt, bool) {
	if r.field(ev, "eventType") != "user.session.start" {
		return attempt{}, false
	}
	a := attempt{method: "Okta", account: r.field(ev, "actor.alternateId", "actor.displayName"), source: from(r.field(ev, "client.ipAddress"))}
	if r.field(ev, "outcome.result") != "SUCCESS" {
		a.outcome, a.reason = Failure, r.own(strings.ToLower(strings.ReplaceAll(r.field(ev, "outcome.reason", "outcome.result"), "_", " ")))
	}
	return a, true
}

// m365 reads logons from the unified audit log.
func (r *attemptReader) m365(ev *event.Event) (attempt, bool) {
	a := attempt{method: "Microsoft 365"}
	switch r.field(ev, "Operation") {
	case "UserLoggedIn":
	case "UserLoginFailed":
		a.outcome, a.reason = Failure, r.field(ev, "LogonError")
	default:
		return attempt{}, false
	}
	a.account, a.source = r.field(ev, "UserId"), from(r.field(ev, "ActorIpAddress", "ClientIP", "ClientIPAddress"))
	return a, true
}
