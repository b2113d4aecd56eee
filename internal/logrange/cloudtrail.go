package logrange

// AWS CloudTrail, one record a line.

// call is one API call.
type call struct {
	source   string // service: s3
	name     string
	from     string
	agent    string
	params   string // JSON, "" is null
	response string // JSON, "" is null
	failure  string // errorCode
	user     *account
	role     string // of a workload, where user is nil
	root     bool
	readOnly bool
	login    bool // AwsConsoleSignIn
	mfa      bool
}

// called logs an API call.
func (c *cloud) called(q call) {
	if c.trail == nil {
		return
	}
	h, r := c.h, c.h.rand
	b := c.trail.begin(h.now)
	b = append(b, `{"eventVersion":"1.08","userIdentity":{`...)
	switch {
	case q.root:
		b = append(b, `"type":"Root","principalId":"`+cloudID+`","arn":"arn:aws:iam::`+cloudID+`:root","accountId":"`+cloudID+`"`...)
	case q.user != nil:
		b = append(b, `"type":"IAMUser","principalId":"AIDA`...)
		b = appendHex(b, mix64(uint64(q.user.agent)), 16, upperHex)
		b = append(b, `","arn":"arn:aws:iam::`+cloudID+`:user/`...)
		b = append(b, q.user.name...)
		b = append(b, `","accountId":"`+cloudID+`","accessKeyId":"AKIA`...)
		b = appendHex(b, mix64(uint64(q.user.agent)+7), 16, upperHex)
		b = append(b, `","userName":"`...)
		b = append(b, q.user.name...)
		b = append(b, '"')
	default:
		b = append(b, `"type":"AssumedRole","principalId":"AROA`...)
		b = appendHex(b, mix64(uint64(len(q.role))), 16, upperHex)
		b = append(b, `:i-0`...)
		b = appendHex(b, mix64(uint64(len(q.role))+3), 16, lowerHex)
		b = append(b, `","arn":"arn:aws:sts::`+cloudID+`:assumed-role/`...)
		b = append(b, q.role...)
		b = append(b, `/session","accountId":"`+cloudID+`","accessKeyId":"ASIA`...)
		b = appendHex(b, r.next(), 16, upperHex)
		b = append(b, `","sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::`+cloudID+`:role/`...)
		b = append(b, q.role...)
		b = append(b, `","accountId":"`+cloudID+`","userName":"`...)
		b = append(b, q.role...)
		b = append(b, `"},"attributes":{"mfaAuthenticated":"false","creationDate":"`...)
		b = h.clock.rfc3339Second(b, h.now)
		b = append(b, `"}}`...)
	}
	b = append(b, `},"eventTime":"`...)
	b = h.clock.rfc3339Second(b, h.now)
	b = append(b, `","eventSource":"`...)
	b = append(b, q.source...)
	b = append(b, `.amazonaws.com","eventName":"`...)
	b = append(b, q.name...)
	b = append(b, `","awsRegion":"eu-central-1","sourceIPAddress":"`...)
	b = append(b, q.from...)
	b = append(b, `","userAgent":"`...)
	b = append(b, q.agent...)
	if q.failure != "" {
		b = append(b, `","errorCode":"`...)
		b = append(b, q.failure...)
	}
	b = append(b, `","requestParameters":`...)
	b = appendOrNull(b, q.params)
	b = append(b, `,"responseElements":`...)
	b = appendOrNull(b, q.response)
	if q.login {
		b = append(b, `,"additionalEventData":{"LoginTo":"https://console.aws.amazon.com/console/home","MobileVersion":"No","MFAUsed":"`...)
		if q.mfa {
			b = append(b, `Yes"}`...)
		} else {
			b = append(b, `No"}`...)
		}
	}
	b = append(b, `,"requestID":"`...)
	b = appendHex(b, r.next(), 16, upperHex)
	b = append(b, `","eventID":"`...)
	b = appendGUID(b, randomGUID(r), lowerHex)
	b = append(b, `","readOnly":`...)
	if q.readOnly {
		b = append(b, "true"...)
	} else {
		b = append(b, "false"...)
	}
	if q.login {
		b = append(b, `,"eventType":"AwsConsoleSignIn"`...)
	} else {
		b = append(b, `,"eventType":"AwsApiCall"`...)
	}
	b = append(b, `,"managementEvent":true,"recipientAccountId":"`+cloudID+`","eventCategory":"Management"}`...)
	c.trail.end(append(b, '\n'), 1)
	h.pause(0, 20*milli)
}

func appendOrNull(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return append(dst, s...)
}

const (
	sdkAgent     = "aws-sdk-go/1.37.20 (go1.15.8; linux; amd64)"
	cliAgent     = "aws-cli/2.1.27 Python/3.7.3 Linux/4.19.0-14-amd64 botocore/2.0.0"
	consoleAgent = "console.amazonaws.com"
)

type apiName struct{ source, name, params string }

var workloadCalls = []apiName{
	{"ec2", "DescribeInstances", `{"instancesSet":{},"filterSet":{}}`},
	{"ec2", "DescribeInstanceStatus", `{"instancesSet":{},"includeAllInstances":false}`},
	{"elasticloadbalancing", "DescribeTargetHealth", `{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-central-1:` + cloudID + `:targetgroup/web/0a1b2c3d4e5f6071"}`},
	{"autoscaling", "DescribeAutoScalingGroups", `{"autoScalingGroupNames":["web"]}`},
	{"s3", "GetBucketLocation", `{"bucketName":"example-org-assets","location":[""],"Host":"example-org-assets.s3.eu-central-1.amazonaws.com"}`},
	{"s3", "HeadBucket", `{"bucketName":"example-org-backup"}`},
	{"monitoring", "DescribeAlarms", ``},
	{"logs", "DescribeLogGroups", `{"limit":50}`},
	{"ecr", "BatchGetImage", `{"repositoryName":"web","imageIds":[{"imageTag":"stable"}]}`},
	{"kms", "Decrypt", `{"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}`},
	{"dynamodb", "DescribeTable", `{"tableName":"sessions"}`},
}

func (c *cloud) workload() {
	r := c.h.rand
	a := &workloadCalls[r.below(len(workloadCalls))]
	c.called(call{source: a.source, name: a.name, params: a.params, from: "10.30.0.17", agent: sdkAgent, role: pick(r, c.roles), readOnly: true})
}

var engineerCalls = []apiName{
	{"ec2", "DescribeSecurityGroups", ``},
	{"ec2", "DescribeVpcs", ``},
	{"s3", "ListBuckets", ``},
	{"cloudformation", "DescribeStacks", ``},
	{"cloudwatch", "GetDashboard", `{"dashboardName":"web"}`},
	{"rds", "DescribeDBInstances", ``},
	{"lambda", "ListFunctions20150331", ``},
}

func (c *cloud) engineer() {
	r := c.h.rand
	who := pick(r, c.h.admins)
	a := &engineerCalls[r.below(len(engineerCalls))]
	c.called(call{source: a.source, name: a.name, params: a.params, from: mailPublic, agent: consoleAgent, user: who, readOnly: true})
}

func (c *cloud) assumed() {
	r := c.h.rand
	role := pick(r, c.roles)
	c.called(call{
		source: "sts", name: "AssumeRole", from: "ec2.amazonaws.com", agent: "ec2.amazonaws.com", role: role, readOnly: true,
		params: `{"roleArn":"arn:aws:iam::` + cloudID + `:role/` + role + `","roleSessionName":"session"}`,
	})
}

func (c *cloud) consoleLogon() {
	who := pick(c.h.rand, c.h.admins)
	c.called(call{
		source: "signin", name: "ConsoleLogin", from: mailPublic, agent: browsers[0], user: who, login: true, mfa: true, response: `{"ConsoleLogin":"Success"}`,
	})
}
