//! Letters: what they say is in `templates.rs`, how they wait is here. **A letter is sealed before it is stored**: its link
//! lets somebody in.

pub(crate) mod notices;
mod templates;

use curtain_domain::{EmailAddress, Entropy, SessionId, Timestamp};
use curtain_storage::{Contact, MailKind, NewMail, QueuedMail};
use curtain_vault::{MailContext, Vault, VaultError};
use serde::{Deserialize, Serialize};

pub(crate) use templates::{Letter, Part, invitation, new_credentials, new_factor, write};

use crate::{ApiError, House};

/// A letter as the mail server gets it. Has no `Debug`: the text holds a name and a link.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Whom it goes to.
    pub to: String,
    /// What stands in the list of a mailbox: never a name, never a reason.
    pub subject: String,
    /// For programs that show text.
    pub text: String,
    /// The same words, for all others.
    pub html: String,
}

/// How letters leave this house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailWay {
    /// Through a mail server.
    Smtp,
    /// Not at all: they wait until a mail server is set, and links are copied by hand.
    Off,
    /// Onto a page that everybody at this machine can read. For the demo alone.
    Outbox,
}

/// Seals a letter for its own row, ready to be queued.
pub(crate) fn seal(
    house: &House,
    kind: MailKind,
    to: &EmailAddress,
    letter: Letter,
    now: Timestamp,
) -> Result<NewMail, ApiError> {
    seal_with(&house.vault, house.entropy.as_ref(), kind, to, letter, now)
}

/// The letter with the link of a reset that the server's console approved, where no house is open. Sealed.
///
/// # Errors
/// The key of this vault can't seal.
pub fn console_reset(
    vault: &Vault,
    entropy: &dyn Entropy,
    to: &Contact,
    link: &str,
    now: Timestamp,
) -> Result<NewMail, ApiError> {
    let letter = new_credentials(&to.practice_name, &to.name, link);
    seal_with(vault, entropy, MailKind::NewCredentials, &to.email, letter, now)
}

fn seal_with(
    vault: &Vault,
    entropy: &dyn Entropy,
    kind: MailKind,
    to: &EmailAddress,
    Letter { subject, text, html }: Letter,
    now: Timestamp,
) -> Result<NewMail, ApiError> {
    let id = SessionId::new(now, entropy);
    let key = vault.new_data_key(None, now)?;
    let message = Message { to: to.as_str().to_owned(), subject, text, html };
    let bytes = serde_json::to_vec(&message).map_err(ApiError::internal)?;
    let sealed = vault.seal_mail(&MailContext::new(key.clone(), id), &bytes)?;
    Ok(NewMail { id, kind, key, sealed })
}

/// Opens a letter that waits.
pub fn open(vault: &Vault, mail: &QueuedMail) -> Result<Message, VaultError> {
    let context = MailContext::new(mail.key.clone(), mail.id);
    let bytes = vault.open_mail(&context, &mail.sealed)?;
    serde_json::from_slice(&bytes).map_err(|_| VaultError::DoesNotOpen)
}
