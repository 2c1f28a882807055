//! The letter about alerts. It names nobody and links nowhere: whoever may read more knows where to find it.

use curtain_domain::Timestamp;
use curtain_storage::{AlertKind, Contact};

use crate::mail::notices::when;
use crate::mail::{Letter, Part, write};

/// The letter to one administrator, about so many new alerts of a kind.
pub(super) fn letter(kind: AlertKind, count: u64, to: &Contact, now: Timestamp) -> Letter {
    let (what, advice) = words(kind);
    let more = match count {
        0 | 1 => String::new(),
        count => format!(" There are {count} alerts of this kind."),
    };
    let parts = [
        Part::Words(format!("{what} That was noticed {}.{more}", when(now))),
        Part::Words(advice.to_owned()),
        Part::Words(
            "Sign in as you always do and open Alerts: it says whom this is about, and when. Should the same go on, the \
             next letter comes in an hour at the earliest."
                .to_owned(),
        ),
    ];
    write("An alert of your practice's video visits", &to.name, &to.practice_name, &parts)
}

/// What happened, and what to do about it.
const fn words(kind: AlertKind) -> (&'static str, &'static str) {
    match kind {
        AlertKind::FailedSignIns => (
            "Many sign-ins failed within a few minutes, for the practice as a whole.",
            "Somebody may be trying passwords. The server slows them down by itself. Ask whoever runs it to block the \
             addresses that this comes from.",
        ),
        AlertKind::FailedSignInsOfOne => (
            "Many sign-ins of one person failed within a few minutes.",
            "Call the person. If it was not them, have them change their password. Their account holds: every sign-in \
             needs a second factor.",
        ),
        AlertKind::ManyRecordsRead => (
            "One person opened the records of many patients within an hour.",
            "Ask the person why. If nobody can say, suspend the account: that signs it out everywhere.",
        ),
        AlertKind::FactorReset => (
            "A second factor was reset by an administrator.",
            "If neither you nor a colleague did that, suspend both accounts, and ask whoever runs the server for help.",
        ),
        AlertKind::AuditBreak => (
            "The audit log is not the one that was written, or can't be checked.",
            "Somebody may have changed the database. Tell whoever runs the server now, and change nothing yourself.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use curtain_domain::{EmailAddress, PersonName};

    use super::*;

    fn to() -> Contact {
        Contact {
            name: PersonName::parse("Iris Novak").expect("a name"),
            email: EmailAddress::parse("iris@x.example").expect("an address"),
            practice_name: "Elm".to_owned(),
        }
    }

    #[test]
    fn every_alert_says_what_happened_and_what_to_do() {
        let now = Timestamp::from_unix_millis(1_795_328_000_000);
        for kind in AlertKind::ALL {
            let letter = letter(*kind, 1, &to(), now);
            assert!(
                letter.text.contains("22 November 2026") && letter.text.contains("open Alerts"),
                "{kind}"
            );
            assert!(!letter.text.contains("http") && !letter.html.contains("href"), "{kind} links somewhere");
            assert!(!letter.text.contains("of this kind") && letter.text.len() < 800, "{kind}");
        }
    }

    #[test]
    fn several_alerts_share_a_letter() {
        let letter = letter(AlertKind::FactorReset, 3, &to(), Timestamp::from_unix_millis(0));
        assert!(letter.text.contains("There are 3 alerts of this kind."), "{}", letter.text);
    }
}
