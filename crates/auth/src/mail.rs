//! What a letter is when it is sealed: letters carry links that let people in, so they are secrets like the rest here.

use curtain_domain::SealedKind;

/// A letter with its address.
#[derive(Debug, Clone, Copy)]
pub enum MailMessage {}

impl SealedKind for MailMessage {
    const TABLE: &'static str = "mail";
    const COLUMN: &'static str = "sealed_message";
}
