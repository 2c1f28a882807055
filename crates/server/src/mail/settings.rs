//! Where letters go out and who they are from.

use clap::Args;
use lettre::message::Mailbox;

/// What an operator can set about mail. Without it letters wait, and links are copied by hand.
#[derive(Debug, Clone, Args)]
pub(crate) struct MailArgs {
    /// The mail server: `smtps://USER:PASSWORD@HOST`, or `smtp://HOST?tls=required` for STARTTLS.
    #[arg(
        long,
        env = "CURTAIN_SMTP_URL",
        value_name = "URL",
        hide_env_values = true,
        requires = "mail_from"
    )]
    pub(crate) smtp_url: Option<String>,
    /// What letters are from: an address, or "Practice <visits@practice.example>".
    #[arg(long, env = "CURTAIN_MAIL_FROM", value_name = "ADDRESS", requires = "smtp_url")]
    pub(crate) mail_from: Option<String>,
}

/// Settings that can be used. The URL holds a password, so nothing of it is printed.
#[derive(Clone)]
pub(crate) struct MailSettings {
    pub(crate) url: String,
    pub(crate) from: Mailbox,
}

impl core::fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("MailSettings(…)")
    }
}

impl MailArgs {
    /// What was set, if anything; complaints are added to the others.
    pub(crate) fn check(&self, wrong: &mut Vec<String>) -> Option<MailSettings> {
        let (url, from) = (self.smtp_url.as_ref()?, self.mail_from.as_ref()?);
        if !is_private(url) {
            wrong.push(
                "--smtp-url must be smtps://…, or smtp://… with ?tls=required: letters hold links that let people in, and \
                 without TLS only a mail server on this machine may get them"
                    .to_owned(),
            );
        }
        if super::Smtp::check(url).is_err() {
            wrong.push("--smtp-url must be like smtps://user:password@mail.example.org".to_owned());
        }
        let from = from.parse().ok();
        if from.is_none() {
            wrong.push("--mail-from must be an address, like visits@practice.example".to_owned());
        }
        Some(MailSettings { url: url.clone(), from: from? })
    }
}

/// TLS from the start, TLS demanded, or no network in between.
fn is_private(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).trim_end_matches('/');
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    scheme == "smtps"
        || query.split('&').any(|one| one == "tls=required")
        || matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}
