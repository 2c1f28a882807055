//! The words of every letter, in text and HTML from the same lines. Nothing clinical, no name in a subject, no picture and
//! no address of anybody but this practice: a letter must not tell a third party that it was read.

use core::fmt::Write as _;

use curtain_domain::PersonName;

/// The words of a letter.
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// What stands in a letter, one below the other.
pub(crate) enum Part<'a> {
    Words(String),
    Link { label: &'a str, url: &'a str },
}

/// Somebody is invited to have an account.
pub(crate) fn invitation(practice: &str, name: &PersonName, link: &str) -> Letter {
    write(
        "Set up your account for video visits",
        name,
        practice,
        &[
            Part::Words(format!("{practice} has made an account for you, for private video visits.")),
            Part::Words(
                "To use it, choose a password and add an authenticator app. It takes about five minutes. Have your \
                 phone with you."
                    .to_owned(),
            ),
            Part::Link { label: "Set up my account", url: link },
            Part::Words(
                "The link works once, for 72 hours, and only for you: please don't pass this letter on.".to_owned(),
            ),
            Part::Words(
                "If you don't know why you get this, you don't have to do anything. Without the link nobody can use the \
                 account."
                    .to_owned(),
            ),
        ],
    )
}

/// Somebody's password and second factor were reset.
pub(crate) fn new_credentials(practice: &str, name: &PersonName, link: &str) -> Letter {
    write(
        "Your way to sign in was reset",
        name,
        practice,
        &[
            Part::Words(format!(
                "Two people of {practice} have reset your password and your second factor. What you had before no longer \
                 works, and you were signed out everywhere."
            )),
            Part::Words("To sign in again, choose a new password and add your authenticator app anew.".to_owned()),
            Part::Link { label: "Set up my account again", url: link },
            Part::Words("The link works once, for 72 hours, and only for you.".to_owned()),
            Part::Words(
                "If you did not ask for this, don't use the link and call the practice now, at the number you know."
                    .to_owned(),
            ),
        ],
    )
}

/// Somebody's second factor was reset.
pub(crate) fn new_factor(practice: &str, name: &PersonName, link: &str) -> Letter {
    write(
        "Your sign-in codes were reset",
        name,
        practice,
        &[
            Part::Words(format!(
                "An administrator of {practice} has reset your second factor. The codes of your authenticator app and \
                 your recovery codes no longer work, and you were signed out everywhere."
            )),
            Part::Words("To sign in again, add your authenticator app anew. You need your password for it.".to_owned()),
            Part::Link { label: "Add my authenticator", url: link },
            Part::Words("The link works once, for 72 hours.".to_owned()),
            Part::Words(
                "If you did not ask for this, don't use the link and call the practice now, at the number you know."
                    .to_owned(),
            ),
        ],
    )
}

pub(crate) fn write(subject: &str, name: &PersonName, practice: &str, parts: &[Part<'_>]) -> Letter {
    let mut text = format!("Hello {},\n", name.as_str());
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head>\
         <body style=\"font:18px/1.5 sans-serif;max-width:36em\"><p>Hello {},</p>",
        escaped(subject),
        escaped(name.as_str())
    );
    for part in parts {
        match part {
            Part::Words(words) => {
                let _ = write!(text, "\n{words}\n");
                let _ = write!(html, "<p>{}</p>", escaped(words));
            }
            Part::Link { label, url } => {
                let _ = write!(text, "\n{label}:\n{url}\n");
                let _ = write!(html, "<p><a href=\"{}\">{}</a></p>", escaped(url), escaped(label));
            }
        }
    }
    let _ = write!(text, "\n{practice}\n");
    let _ = write!(html, "<p>{}</p></body></html>", escaped(practice));
    Letter { subject: subject.to_owned(), text, html }
}

/// Names are what people typed: in HTML they stay words.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(name: &str) -> [Letter; 3] {
        let name = PersonName::parse(name).expect("a name");
        let link = "https://practice.example/activate#token";
        [invitation, new_credentials, new_factor].map(|letter| letter("Elm & Sons", &name, link))
    }

    #[test]
    fn text_and_html_say_the_same_and_hold_the_link() {
        for letter in all("Ana Ruiz") {
            for form in [&letter.text, &letter.html] {
                assert!(
                    form.contains("Ana Ruiz") && form.contains("https://practice.example/activate#token")
                );
                assert!(form.contains("works once"));
            }
        }
    }

    #[test]
    fn a_subject_names_nobody() {
        for letter in all("Ana Ruiz") {
            assert!(!letter.subject.contains("Ana") && !letter.subject.contains("Elm"), "{}", letter.subject);
        }
    }

    #[test]
    fn a_name_can_not_become_markup() {
        for letter in all("<script>alert('x')</script>\"") {
            assert!(!letter.html.contains("<script"), "{}", letter.html);
            assert!(letter.html.contains("Elm &amp; Sons"));
        }
    }

    #[test]
    fn a_letter_loads_nothing_from_anywhere() {
        for letter in all("Ana Ruiz") {
            assert!(!letter.html.contains("<img") && !letter.html.contains("src="));
            assert_eq!(letter.html.matches("https://").count(), 1);
        }
    }
}
