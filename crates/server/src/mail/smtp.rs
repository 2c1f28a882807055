//! One letter, one conversation with the mail server (RFC 5321). What the server says is never logged: it repeats addresses.

use core::time::Duration;

use curtain_api::mail::Message;
use curtain_storage::MailFailure;
use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::MailSettings;

/// A mail server that says nothing for so long is down. Longer would hold up the letters behind.
const PATIENCE: Duration = Duration::from_secs(20);

/// A mail server.
pub(crate) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// Whether the URL names a mail server. The reason is left out: it may repeat the password.
    pub(crate) fn check(url: &str) -> Result<(), MailFailure> {
        AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map(drop).map_err(|_| MailFailure::Refused)
    }

    /// Connects only when there is a letter.
    pub(crate) fn new(settings: MailSettings) -> Result<Self, MailFailure> {
        let MailSettings { url, from } = settings;
        let builder =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(&url).map_err(|_| MailFailure::Refused)?;
        Ok(Self { transport: builder.timeout(Some(PATIENCE)).build(), from })
    }

    /// Hands a letter over.
    pub(crate) async fn send(&self, message: &Message) -> Result<(), MailFailure> {
        let to = message.to.parse().map_err(|_| MailFailure::Refused)?;
        let letter = lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .message_id(None)
            .subject(&message.subject)
            .multipart(MultiPart::alternative_plain_html(message.text.clone(), message.html.clone()))
            .map_err(|_| MailFailure::Refused)?;
        match self.transport.send(letter).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(MailFailure::Refused),
            Err(error) if error.is_transient() => Err(MailFailure::NotNow),
            Err(_) => Err(MailFailure::Unreachable),
        }
    }
}
