//! What an operator can set: flags, or `CURTAIN_…` in the environment. Everything that is wrong is told at once, in
//! plain words, before anything starts.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use curtain_api::{AddressRange, PublicOrigin};
use curtain_domain::PracticeId;
use curtain_vault::CheckpointVerifier;

use crate::mail::{MailArgs, MailSettings};

/// Where the database is.
#[derive(Debug, Clone, Args)]
pub(crate) struct DatabaseArgs {
    /// Postgres, as its owner: `postgres://owner@localhost/curtain?host=/run/postgresql`.
    #[arg(long, env = "CURTAIN_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: String,
}

/// Where the key-encryption key is.
#[derive(Debug, Clone, Args)]
pub(crate) struct KeyArgs {
    /// File that holds the key-encryption key: 32 bytes in hex. Without it no note and no authenticator opens.
    #[arg(long, env = "CURTAIN_KEY_FILE", value_name = "PATH", conflicts_with = "demo")]
    pub(crate) key_file: Option<PathBuf>,
    /// A practice of invented people with a public key. On this machine only; never with real people.
    #[arg(long, env = "CURTAIN_DEMO")]
    pub(crate) demo: bool,
}

/// Whose signatures on checkpoints of the audit log count beside those of the key of today.
#[derive(Debug, Clone, Args)]
pub(crate) struct AuditKeyArgs {
    /// Public keys that signed before the key-encryption key was changed, as `curtain audit public-key` printed them;
    /// separated by commas.
    #[arg(long, env = "CURTAIN_AUDIT_EARLIER_KEYS", value_name = "KEYS", value_delimiter = ',')]
    pub(crate) audit_earlier_keys: Vec<String>,
}

impl AuditKeyArgs {
    /// Those keys, for one practice.
    pub(crate) fn earlier(&self, practice: PracticeId) -> anyhow::Result<Vec<CheckpointVerifier>> {
        let read = |line: &String| {
            CheckpointVerifier::parse(line, practice).with_context(|| {
                format!("--audit-earlier-keys: {line} is no public key of this practice's audit log")
            })
        };
        self.audit_earlier_keys.iter().map(read).collect()
    }
}

/// What a password costs to check (Argon2id, RFC 9106). More is safer against whoever steals the database and slower
/// for everybody.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct PasswordArgs {
    /// Memory of one check, in KiB.
    #[arg(long, env = "CURTAIN_PASSWORD_MEMORY_KIB", value_name = "KIB", default_value_t = 65_536,
          value_parser = clap::value_parser!(u32).range(19_456..=1_048_576))]
    pub(crate) password_memory_kib: u32,
    /// Passes over that memory.
    #[arg(long, env = "CURTAIN_PASSWORD_ITERATIONS", value_name = "N", default_value_t = 3,
          value_parser = clap::value_parser!(u32).range(2..=16))]
    pub(crate) password_iterations: u32,
}

/// Everything `serve` can be told.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// File that the signed heads of the audit log are appended to: on another disk, better still another machine. Without
    /// it they stand in the database only, where whoever rewrites the log can rewrite them too.
    #[arg(long, env = "CURTAIN_AUDIT_CHECKPOINTS", value_name = "PATH")]
    pub(crate) audit_checkpoints: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) audit_keys: AuditKeyArgs,
    #[command(flatten)]
    pub(crate) mail: MailArgs,
    /// Whether the log says from which network address a wrong guess came, for programs that keep guessers out. No
    /// other line holds one.
    #[arg(long, env = "CURTAIN_LOG_CLIENT_ADDRESSES", value_name = "BOOL", default_value_t = true,
          action = clap::ArgAction::Set)]
    pub(crate) log_client_addresses: bool,
    /// Where to listen. Without TLS: this machine only, or behind a proxy that ends TLS.
    #[arg(long, env = "CURTAIN_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    pub(crate) listen: String,
    /// The address that people type, without a path.
    #[arg(long, env = "CURTAIN_PUBLIC_ORIGIN", value_name = "ORIGIN")]
    pub(crate) public_origin: String,
    /// The certificate chain, PEM.
    #[arg(long, env = "CURTAIN_TLS_CERT", value_name = "PATH")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's key, PEM.
    #[arg(long, env = "CURTAIN_TLS_KEY", value_name = "PATH")]
    pub(crate) tls_key: Option<PathBuf>,
    /// A proxy in front ends TLS: plain HTTP may be listened for beyond this machine. Needs --trusted-proxies.
    #[arg(long, env = "CURTAIN_BEHIND_TLS_PROXY")]
    pub(crate) behind_tls_proxy: bool,
    /// Proxies whose `X-Forwarded-For` is believed: addresses or blocks, separated by commas.
    #[arg(long, env = "CURTAIN_TRUSTED_PROXIES", value_name = "LIST", value_delimiter = ',')]
    pub(crate) trusted_proxies: Vec<String>,
    /// The IP address at which browsers reach the media forwarder.
    #[arg(long, env = "CURTAIN_MEDIA_ADDRESS", value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) media_address: String,
    /// The IP address to bind for media, when it is another one: behind a one-to-one NAT.
    #[arg(long, env = "CURTAIN_MEDIA_BIND", value_name = "ADDRESS")]
    pub(crate) media_bind: Option<String>,
    /// The first UDP port of the media forwarder; each further core takes the next. 0: any free ones.
    #[arg(long, env = "CURTAIN_MEDIA_PORT", value_name = "PORT", default_value_t = 0)]
    pub(crate) media_port: u16,
}

/// How connections are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Transport {
    /// TLS ends elsewhere, or there is none because nobody else can connect.
    Plain,
    /// TLS ends here.
    Tls {
        /// Certificate chain, PEM.
        certificate: PathBuf,
        /// Its key, PEM.
        key: PathBuf,
    },
}

/// Settings that fit together.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) public_origin: PublicOrigin,
    pub(crate) transport: Transport,
    pub(crate) trusted_proxies: Vec<AddressRange>,
    pub(crate) media_address: IpAddr,
    pub(crate) media_bind: Option<IpAddr>,
    pub(crate) media_port: u16,
    pub(crate) mail: Option<MailSettings>,
}

/// Every complaint about the settings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaints(pub(crate) Vec<String>);

impl std::fmt::Display for Complaints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the settings can't be used:")?;
        self.0.iter().try_for_each(|complaint| write!(f, "\n  - {complaint}"))
    }
}

impl std::error::Error for Complaints {}

impl ServeArgs {
    /// Settings that fit together, or all that is wrong with them.
    pub(crate) fn check(&self) -> Result<Config, Complaints> {
        let mut wrong = Vec::new();
        let listen =
            read(&mut wrong, "--listen", &self.listen, "an address with a port, like 127.0.0.1:8443");
        let public_origin: Option<PublicOrigin> = match self.public_origin.parse() {
            Ok(origin) => Some(origin),
            Err(why) => {
                wrong.push(format!("--public-origin {why}"));
                None
            }
        };
        let form = "an address or a block like 10.0.0.0/8";
        let trusted_proxies = read_all(&mut wrong, "--trusted-proxies", &self.trusted_proxies, form);
        let media_address: Option<IpAddr> =
            read(&mut wrong, "--media-address", &self.media_address, "an IP address");
        let media_bind =
            self.media_bind.as_ref().and_then(|text| read(&mut wrong, "--media-bind", text, "an IP address"));
        let transport = self.transport(&mut wrong);
        let mail = self.mail.check(&mut wrong);
        if !self.key.demo && self.key.key_file.is_none() {
            wrong.push("--key-file is missing: the file with the key-encryption key".to_owned());
        }
        let (Some(listen), Some(public_origin), Some(media_address)) = (listen, public_origin, media_address)
        else {
            return Err(Complaints(wrong));
        };
        self.check_reach(&mut wrong, listen, &public_origin, &transport, media_address);
        if !wrong.is_empty() {
            return Err(Complaints(wrong));
        }
        let media_port = self.media_port;
        Ok(Config {
            listen,
            public_origin,
            transport,
            trusted_proxies,
            media_address,
            media_bind,
            media_port,
            mail,
        })
    }

    fn transport(&self, wrong: &mut Vec<String>) -> Transport {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => {
                Transport::Tls { certificate: certificate.clone(), key: key.clone() }
            }
            (None, None) => Transport::Plain,
            _ => {
                wrong.push("--tls-cert and --tls-key go together: one of them is missing".to_owned());
                Transport::Plain
            }
        }
    }

    /// Who can reach the server must be able to do so privately.
    fn check_reach(
        &self,
        wrong: &mut Vec<String>,
        listen: SocketAddr,
        origin: &PublicOrigin,
        transport: &Transport,
        media: IpAddr,
    ) {
        let only_here = listen.ip().is_loopback();
        if *transport == Transport::Plain && !only_here && !self.behind_tls_proxy {
            wrong.push(
                "--listen reaches beyond this machine without TLS: give --tls-cert and --tls-key, or \
                 --behind-tls-proxy if a proxy in front ends TLS"
                    .to_owned(),
            );
        }
        if self.behind_tls_proxy && self.trusted_proxies.iter().all(String::is_empty) {
            wrong.push(
                "--behind-tls-proxy needs --trusted-proxies: without the proxy's address everybody seems to come from \
                 it, and a stranger's wrong passwords would lock all out"
                    .to_owned(),
            );
        }
        if !origin.is_secure() && (!only_here || *transport != Transport::Plain) {
            wrong.push(
                "--public-origin is plain http, which fits only a --listen on this machine without TLS"
                    .to_owned(),
            );
        }
        if self.key.demo && !(only_here && origin.is_loopback() && media.is_loopback()) {
            wrong.push(
                "--demo has public passwords: --listen, --public-origin and --media-address must stay on this machine"
                    .to_owned(),
            );
        }
    }
}

fn read<T: std::str::FromStr>(wrong: &mut Vec<String>, flag: &str, text: &str, form: &str) -> Option<T> {
    let value = text.trim().parse().ok();
    if value.is_none() {
        wrong.push(format!("{flag} must be {form}"));
    }
    value
}

fn read_all<T: std::str::FromStr>(
    wrong: &mut Vec<String>,
    flag: &str,
    texts: &[String],
    form: &str,
) -> Vec<T> {
    texts.iter().filter(|text| !text.is_empty()).filter_map(|text| read(wrong, flag, text, form)).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        serve: ServeArgs,
    }

    fn check(flags: &str) -> Result<Config, Complaints> {
        let words = "curtain --database-url postgres://x ".to_owned() + flags;
        Flags::try_parse_from(words.split_whitespace()).expect("well-formed flags").serve.check()
    }

    #[test]
    fn the_demo_on_this_machine_needs_nothing_more() {
        let config = check("--demo --public-origin http://localhost:8443").unwrap();
        assert_eq!((config.transport, config.listen.port()), (Transport::Plain, 8443));
    }

    #[test]
    fn plain_http_never_leaves_this_machine_unasked() {
        let origin = "--key-file k --public-origin https://a.example";
        assert!(check(&format!("{origin} --listen 0.0.0.0:80")).is_err());
        let proxy = "--behind-tls-proxy --trusted-proxies 10.0.0.1";
        assert!(check(&format!("{origin} --listen 0.0.0.0:80 {proxy}")).is_ok());
        assert!(check(&format!("{origin} --listen 0.0.0.0:443 --tls-cert c --tls-key k")).is_ok());
        let clear = "--key-file k --public-origin http://localhost";
        assert!(check(&format!("{clear} --listen 0.0.0.0:80 {proxy}")).is_err());
    }

    #[test]
    fn a_proxy_in_front_is_named() {
        let behind = "--key-file k --public-origin https://a.example --behind-tls-proxy";
        for unnamed in [behind.to_owned(), format!("{behind} --trusted-proxies=")] {
            let Complaints(wrong) = check(&unnamed).unwrap_err();
            assert!(wrong.len() == 1 && wrong[0].contains("needs --trusted-proxies"), "{wrong:?}");
        }
        assert!(check(&format!("{behind} --trusted-proxies 127.0.0.1,::1")).is_ok());
    }

    #[test]
    fn the_demo_never_leaves_this_machine() {
        let demo = "--demo --public-origin http://localhost:8443";
        assert!(check(&format!("{demo} --media-address 192.0.2.1")).is_err());
        let proxy = "--behind-tls-proxy --trusted-proxies 192.0.2.2";
        assert!(check(&format!("{demo} --listen 192.0.2.1:1 {proxy}")).is_err());
        assert!(check("--demo --public-origin https://a.example").is_err());
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let Complaints(wrong) =
            check("--listen here --public-origin http://a.example --tls-cert c --trusted-proxies a,b")
                .unwrap_err();
        let flags = [
            "--listen",
            "--public-origin",
            "--trusted-proxies",
            "--trusted-proxies",
            "--tls-cert",
            "--key-file",
        ];
        for (complaint, flag) in wrong.iter().zip(flags) {
            assert!(complaint.starts_with(flag), "{complaint}");
        }
        assert_eq!(wrong.len(), flags.len());
    }
}
