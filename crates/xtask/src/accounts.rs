//! The demo's accounts, as `curtain demo-accounts --json` tells them: a list of flat objects of strings.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::demo::GIVEN_SERVER;
use crate::process::tool::Tool;
use crate::process::{Failure, built, say};
use crate::totp::{Code, code_at};

/// One account of the demo practice.
pub(crate) struct Account {
    /// As people are shown.
    pub(crate) name: String,
    /// What may be done with it.
    pub(crate) role: String,
    /// What is typed at sign-in.
    pub(crate) email: String,
    /// The same for all of them.
    pub(crate) password: String,
    totp_secret: String,
}

/// `cargo xtask totp EMAIL`
pub(crate) fn command(arguments: &[String]) -> Result<(), Failure> {
    let [email] = arguments else { return Err(Failure("usage: cargo xtask totp EMAIL".into())) };
    let curtain = match std::env::var_os(GIVEN_SERVER) {
        Some(given) => given.into(),
        None => built("curtain")?,
    };
    if !curtain.is_file() {
        Tool::new("cargo", &["build", "--package", "curtain-server"]).shown()?;
    }
    let accounts = read(&Tool::new(curtain, &["demo-accounts", "--json"]).output()?);
    let found = accounts.iter().find(|account| account.email.eq_ignore_ascii_case(email));
    let Some(account) = found else {
        let known: Vec<&str> = accounts.iter().map(|account| account.email.as_str()).collect();
        return Err(Failure(format!("no demo account {email}; there are: {}", known.join(", "))));
    };
    let code =
        code_at(&account.totp_secret, now()).ok_or_else(|| Failure("its secret is no base32".into()))?;
    let Code { digits, seconds_left } = code;
    say(digits);
    eprintln!("{email}: good for {seconds_left} s");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "an authenticator shows the code of the machine's own time")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Reads the accounts out of the JSON, wherever in it the list stands; what is no account is passed over.
pub(crate) fn read(json: &str) -> Vec<Account> {
    let account = |mut fields: BTreeMap<String, String>| {
        let mut field = |name: &str| fields.remove(name);
        Some(Account {
            name: field("name")?,
            role: field("role")?,
            email: field("email")?,
            password: field("password")?,
            totp_secret: field("totp_secret")?,
        })
    };
    objects(json).into_iter().filter_map(account).collect()
}

/// The string fields of every innermost object.
fn objects(json: &str) -> Vec<BTreeMap<String, String>> {
    let (mut found, mut fields, mut key) = (Vec::new(), BTreeMap::new(), None);
    let mut rest = json.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '{' => (fields, key) = (BTreeMap::new(), None),
            '}' => found.push(std::mem::take(&mut fields)),
            ',' => key = None,
            '"' => {
                let text = string(&mut rest);
                match key.take() {
                    None => key = Some(text),
                    Some(name) => drop(fields.insert(name, text)),
                }
            }
            _ => {}
        }
    }
    found
}

/// The rest of a JSON string, after its opening quote (RFC 8259 §7).
fn string(rest: &mut std::str::Chars<'_>) -> String {
    let mut text = String::new();
    while let Some(letter) = rest.next() {
        match letter {
            '"' => break,
            '\\' => match rest.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('u') => {
                    let digits: String = rest.take(4).collect();
                    text.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
                }
                Some(other) => text.push(other),
                None => break,
            },
            letter => text.push(letter),
        }
    }
    text
}

/// A JSON string.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            control if control < ' ' => quoted.extend(format!("\\u{:04x}", control as u32).chars()),
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_in_their_order() {
        let json = r#"{"accounts": [
            {"name": "Dr Maya Lee", "email": "lee@demo.curtain.example", "password": "p \"q\"", "totp_secret": "MZXW6", "role": "clinician", "n": 3},
            {"email": "ana@demo.curtain.example", "name": "Ana Ru\u00edz", "role": "patient", "totp_secret": "MZXW7", "password": "p"}
        ]}"#;
        let read = read(json);
        assert_eq!(read.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["Dr Maya Lee", "Ana Ruíz"]);
        assert_eq!(read[0].password, "p \"q\"");
        assert_eq!((read[1].role.as_str(), read[1].totp_secret.as_str()), ("patient", "MZXW7"));
    }

    #[test]
    fn a_quoted_text_reads_back() {
        for text in ["plain", "a \"b\" \\c\\", "two\nlines\t"] {
            let quoted = quote(text);
            assert_eq!(string(&mut quoted[1..].chars()), text, "{quoted}");
        }
    }
}
