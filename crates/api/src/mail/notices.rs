//! What people are told about their own account (AU9, AU13, ASVS 6.3.7): short, calm, in the transaction of the change.
//!
//! **No notice holds a link.** Whoever gets used to following one from such a letter follows a forged one too; and the
//! number to call is the one they know, never one that a letter says.

use curtain_domain::{AccountId, Role, Timestamp};
use curtain_storage::{Contact, MailKind, Post};
use time::macros::format_description;

use super::{Letter, Part, seal, write};
use crate::{ApiError, House};

/// What somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The password is another.
    PasswordChanged,
    /// Another authenticator took the place of the one before.
    AuthenticatorChanged,
    /// One more passkey signs in.
    PasskeyAdded,
    /// A passkey no longer signs in.
    PasskeyRemoved,
    /// New recovery codes were handed out.
    RecoveryCodesReissued,
    /// A recovery code was used; so many are left.
    RecoveryCodeUsed { left: u64 },
    /// Signed in in a browser that was not known: which, in plain words, when it says.
    NewBrowser { device: Option<&'static str> },
    /// An administrator asked for a reset of password and second factor; another is to approve it.
    AccessResetRequested,
    /// An administrator gave another role.
    RoleChanged { to: Role },
    /// An administrator switched the account off.
    Suspended,
    /// An administrator switched the account on again.
    Reactivated,
    /// Another administrator made a key of the practice.
    PracticeKeyMade,
}

/// Queues a notice in the unit of work of what it tells, whichever scope that is: `notices::queue(&house, scope.post(), …)`.
/// An account that is gone is told nothing.
pub(crate) async fn queue(
    house: &House,
    mut post: Post<'_>,
    account: AccountId,
    notice: Notice,
    now: Timestamp,
) -> Result<(), ApiError> {
    let Some(to) = post.contact(account).await? else { return Ok(()) };
    let letter = seal(house, MailKind::Notice, &to.email, letter(notice, &to, now), now)?;
    Ok(post.queue(&letter, now).await?)
}

/// Subject, what happened, and what else is so now.
fn words(notice: Notice) -> (&'static str, String, &'static str) {
    const OTHERS_ENDED: &str = "All your other devices were signed out.";
    match notice {
        Notice::PasswordChanged => (
            "Your password was changed",
            "The password of your account was changed.".to_owned(),
            OTHERS_ENDED,
        ),
        Notice::AuthenticatorChanged => (
            "Your authenticator app was changed",
            "A new authenticator app was set up for your account. The one before no longer works.".to_owned(),
            OTHERS_ENDED,
        ),
        Notice::PasskeyAdded => (
            "A passkey was added",
            "A passkey was added to your account. It can sign in by itself.".to_owned(),
            OTHERS_ENDED,
        ),
        Notice::PasskeyRemoved => (
            "A passkey was removed",
            "A passkey was removed from your account. It can no longer sign in.".to_owned(),
            OTHERS_ENDED,
        ),
        Notice::RecoveryCodesReissued => (
            "You have new recovery codes",
            "New recovery codes were made for your account.".to_owned(),
            "The codes from before no longer work.",
        ),
        Notice::RecoveryCodeUsed { left } => (
            "A recovery code was used",
            format!("One of your recovery codes was used to sign in. {}", codes_left(left)),
            "",
        ),
        Notice::NewBrowser { device } => (
            "A new sign-in to your account",
            match device {
                Some(device) => {
                    format!("Somebody signed in to your account in a browser we did not know: {device}.")
                }
                None => "Somebody signed in to your account in a browser we did not know.".to_owned(),
            },
            "",
        ),
        Notice::AccessResetRequested => (
            "A reset of your sign-in was asked for",
            "An administrator asked to reset your password and your second factor. Another person has to approve it.".to_owned(),
            "Until then nothing changes.",
        ),
        Notice::RoleChanged { to } => (
            "Your role was changed",
            format!("An administrator gave you another role. You are now {}.", with_article(to)),
            "You were signed out everywhere and can sign in again.",
        ),
        Notice::Suspended => (
            "Your account was switched off",
            "An administrator switched your account off. You were signed out everywhere and can't sign in."
                .to_owned(),
            "",
        ),
        Notice::PracticeKeyMade => (
            "The practice has a new key",
            "Another administrator made a new practice key. Browsers of clinicians are confirmed with it from now on."
                .to_owned(),
            "",
        ),
        Notice::Reactivated => (
            "Your account was switched on again",
            "An administrator switched your account on again. You can sign in as before.".to_owned(),
            "",
        ),
    }
}

/// What to do about it; how, depends on whether it was the person's own doing.
const fn advice(notice: Notice) -> &'static str {
    match notice {
        Notice::RoleChanged { .. } | Notice::Suspended | Notice::Reactivated => {
            "If this surprises you, call the practice at the number you know."
        }
        Notice::PracticeKeyMade => {
            "Ask them whether it was them. If nobody did it, call the practice at the number you know, and have them \
             signed out everywhere."
        }
        _ => {
            "If that was you, all is well. If not, call the practice now, at the number you know: they can sign everybody \
             out of your account."
        }
    }
}

fn letter(notice: Notice, to: &Contact, now: Timestamp) -> Letter {
    let (subject, what, more) = words(notice);
    let mut parts = vec![Part::Words(format!("{what} That was {}.", when(now)))];
    if !more.is_empty() {
        parts.push(Part::Words(more.to_owned()));
    }
    parts.push(Part::Words(advice(notice).to_owned()));
    write(subject, &to.name, &to.practice_name, &parts)
}

/// A time that needs no knowledge of where somebody is: servers don't know that.
pub(crate) fn when(at: Timestamp) -> String {
    let form = format_description!("on [day padding:none] [month repr:long] [year] at [hour]:[minute] UTC");
    // Err is for dates that no calendar has.
    at.to_date_time().format(&form).unwrap_or_default()
}

fn codes_left(left: u64) -> String {
    match left {
        0 => "None is left: make new ones in your settings.".to_owned(),
        1 => "One is left.".to_owned(),
        left => format!("{left} are left."),
    }
}

const fn with_article(role: Role) -> &'static str {
    match role {
        Role::Patient => "a patient",
        Role::Clinician => "a clinician",
        Role::Administrator => "an administrator",
        Role::Auditor => "an auditor",
    }
}

#[cfg(test)]
mod tests {
    use curtain_domain::{EmailAddress, PersonName};

    use super::*;

    const ALL: [Notice; 13] = [
        Notice::PracticeKeyMade,
        Notice::AccessResetRequested,
        Notice::PasswordChanged,
        Notice::AuthenticatorChanged,
        Notice::PasskeyAdded,
        Notice::PasskeyRemoved,
        Notice::RecoveryCodesReissued,
        Notice::RecoveryCodeUsed { left: 1 },
        Notice::NewBrowser { device: Some("Firefox on Linux") },
        Notice::NewBrowser { device: None },
        Notice::RoleChanged { to: Role::Auditor },
        Notice::Suspended,
        Notice::Reactivated,
    ];

    fn letters() -> Vec<(Notice, Letter)> {
        let to = Contact {
            name: PersonName::parse("Ana Ruiz").expect("a name"),
            email: EmailAddress::parse("ana@x.example").expect("an address"),
            practice_name: "Elm & Sons".to_owned(),
        };
        let now = Timestamp::from_unix_millis(1_795_328_000_000);
        ALL.into_iter().map(|notice| (notice, letter(notice, &to, now))).collect()
    }

    #[test]
    fn every_notice_says_what_when_and_what_to_do() {
        for (notice, letter) in letters() {
            for form in [&letter.text, &letter.html] {
                assert!(
                    form.contains("Ana Ruiz") && form.contains("22 November 2026 at"),
                    "{notice:?}: {form}"
                );
                assert!(form.contains("number you know"), "{notice:?}: {form}");
            }
            assert!(letter.text.len() < 600, "{notice:?} is long");
        }
    }

    #[test]
    fn no_notice_asks_to_follow_a_link_or_names_somebody_in_its_subject() {
        for (notice, letter) in letters() {
            for form in [&letter.text, &letter.html] {
                assert!(
                    !form.contains("http") && !form.contains("href") && !form.contains("src="),
                    "{notice:?}"
                );
            }
            assert!(!letter.subject.contains("Ana") && !letter.subject.contains("Elm"), "{}", letter.subject);
        }
    }

    #[test]
    fn what_is_counted_is_told_as_people_count() {
        assert_eq!(codes_left(1), "One is left.");
        assert_eq!(codes_left(7), "7 are left.");
        assert!(codes_left(0).contains("make new ones"));
    }
}
