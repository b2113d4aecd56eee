package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"entente/internal/taxiiclient"
)

func newTAXIICmd(env Env) *cobra.Command {
	o := &taxiiOptions{}
	c := &cobra.Command{
		Use:   "taxii",
		Short: "Read from and write to servers of TAXII 2.1",
		Long: `TAXII is how defenders hand each other STIX. These verbs speak TAXII 2.1 with any server.

A URL is that of the server (https://taxii.example.org), of its discovery, of an API root, or of a collection. A password or
token is read from a file, from ENTENTE_TAXII_PASSWORD or ENTENTE_TAXII_TOKEN, or asked for; it goes to the server of the URL
and nowhere else, neither by a redirect nor to an API root on another server.`,
		Example: `  entente taxii discover https://taxii.example.org
  entente taxii collections --user ali https://taxii.example.org
  entente taxii pull --user ali --collection indicators -o indicators.json https://taxii.example.org
  entente taxii push --token-file token https://taxii.example.org/api/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/ bundle.json`,
		Args: onlyCommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	f := c.PersistentFlags()
	f.StringVar(&o.user, "user", "", "`NAME` for HTTP Basic")
	f.StringVar(&o.passwordFile, "password-file", "", "`FILE` whose first line is the password")
	f.StringVar(&o.tokenFile, "token-file", "", "`FILE` whose first line is a bearer token")
	f.StringVar(&o.ca, "ca", "", "`FILE` of certificates (PEM) to trust besides those of the system")
	f.StringVar(&o.cert, "cert", "", "`FILE` of our certificate (PEM), for servers that ask for one")
	f.StringVar(&o.key, "key", "", "`FILE` of its key (PEM)")
	f.StringVar(&o.pin, "pin", "", "`SHA-256` of the server's certificate in hexadecimal: trust it and no other")
	f.BoolVar(&o.plainHTTP, "plain-http", false, "allow http to other machines: everybody on the way reads along")
	f.DurationVar(&o.timeout, "timeout", time.Minute, "how long an answer may take, and a second more for each KiB")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "say nothing but errors")
	c.AddCommand(newTAXIIDiscoverCmd(env, o), newTAXIICollectionsCmd(env, o), newTAXIIPullCmd(env, o), newTAXIIPushCmd(env, o))
	return c
}

// taxiiOptions are those of every verb under taxii.
type taxiiOptions struct {
	user, passwordFile, tokenFile string
	ca, cert, key, pin            string
	plainHTTP                     bool
	timeout                       time.Duration
	quiet                         bool
}

// client makes a client for the server at a URL.
func (o *taxiiOptions) client(env Env, url string) (*taxiiclient.Client, error) {
	cfg := taxiiclient.Config{
		URL: url, User: o.user, PlainHTTP: o.plainHTTP, Timeout: o.timeout, UserAgent: "entente/" + Version(),
		TLS: taxiiclient.TLS{Pin: o.pin},
	}
	if o.timeout <= 0 {
		return nil, usagef("--timeout %s: nobody answers in that time", o.timeout)
	}
	if !o.quiet {
		cfg.OnWait = func(reason error, wait time.Duration) {
			fmt.Fprintf(env.Stderr, "%s; trying again in %s\n", printable(reason.Error()), wait.Round(10*time.Millisecond))
		}
	}
	if (o.cert == "") != (o.key == "") {
		return nil, usagef("--cert and --key go together")
	}
	for _, f := range []struct {
		name string
		to   *[]byte
	}{{o.ca, &cfg.TLS.CA}, {o.cert, &cfg.TLS.Cert}, {o.key, &cfg.TLS.Key}} {
		if f.name == "" {
			continue
		}
		b, err := os.ReadFile(f.name)
		if err != nil {
			return nil, err
		}
		*f.to = b
	}
	if err := o.secrets(env, &cfg); err != nil {
		return nil, err
	}
	c, err := taxiiclient.New(cfg)
	if err != nil {
		return nil, usagef("%w", err)
	}
	return c, nil
}

// secrets finds the password or the token: what a flag names goes before the environment.
func (o *taxiiOptions) secrets(env Env, cfg *taxiiclient.Config) (err error) {
	switch {
	case o.tokenFile != "" && (o.user != "" || o.passwordFile != ""):
		return usagef("give --token-file, or --user with a password, not both")
	case o.passwordFile != "" && o.user == "":
		return usagef("--password-file goes with --user")
	case o.tokenFile != "":
		cfg.Token, err = firstLine(o.tokenFile)
		return err
	case o.user == "":
		cfg.Token = env.Getenv("ENTENTE_TAXII_TOKEN")
		return nil
	case o.passwordFile != "":
		cfg.Password, err = firstLine(o.passwordFile)
		return err
	}
	if cfg.Password = env.Getenv("ENTENTE_TAXII_PASSWORD"); cfg.Password != "" {
		return nil
	}
	in, ok := env.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return usagef("the password of %s is missing\nhint: --password-file FILE, or ENTENTE_TAXII_PASSWORD", printable(o.user))
	}
	fmt.Fprintf(env.Stderr, "Password of %s: ", printable(o.user))
	b, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(env.Stderr)
	if err != nil {
		return fmt.Errorf("read the password: %w", err)
	}
	cfg.Password = string(b)
	return nil
}

// firstLine reads a secret from a file.
func firstLine(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, 64<<10))
	if err != nil {
		return "", err
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	if line = bytes.TrimRight(line, "\r"); len(line) == 0 {
		return "", fmt.Errorf("%s: the first line is empty, where the secret should stand", name)
	}
	return string(line), nil
}

// taxiiError adds what to do about an answer of the server.
func taxiiError(err error) error {
	if e, ok := errors.AsType[*taxiiclient.Error](err); ok && e.Status == 401 {
		return fmt.Errorf("%w\nhint: --user NAME with a password, or --token-file FILE", err)
	}
	if err != nil && strings.Contains(err.Error(), "certificate signed by unknown authority") {
		return fmt.Errorf("%w\nhint: --ca FILE with its certificate, or --pin with the SHA-256 of it", err)
	}
	return err
}
