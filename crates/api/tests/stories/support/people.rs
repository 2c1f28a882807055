//! Ten people with names that nobody else has, so that a log that names one of them is caught.

use core::fmt::Write as _;
use std::sync::OnceLock;

use curtain_storage::testing::TestDatabase;
use serde_json::{Value, json};

use super::{
    AccountId, BASE32_NOPAD, CredentialContext, Entropy, HEXLOWER, NewPassword, PasswordMinimum, PracticeId,
    Timestamp, TotpSecret, Vault, hasher, sql_time,
};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "zqmark: heron over the weir";

/// Somebody of the practice.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    /// Of their authenticator, in base32.
    pub(crate) secret: String,
}

impl Person {
    /// What they type first.
    pub(crate) fn password_form(&self) -> Value {
        json!({"email": self.email, "password": PASSWORD})
    }

    /// What must never be logged.
    pub(crate) fn marked(&self) -> [String; 3] {
        [self.name.clone(), self.email.clone(), self.secret.clone()]
    }
}

const PEOPLE: [(&str, &str, &str); 10] = [
    ("Lee", "clinician", "active"),
    ("Okafor", "clinician", "active"),
    ("Frey", "clinician", "active"),
    ("Quinn", "clinician", "active"),
    ("Ana", "patient", "active"),
    ("Ben", "patient", "active"),
    ("Iris", "administrator", "active"),
    ("Paul", "auditor", "active"),
    ("Ines", "patient", "invited"),
    ("Igor", "administrator", "invited"),
];

/// Makes the practice and everybody in it.
pub(crate) async fn move_in(
    database: &TestDatabase,
    vault: &Vault,
    practice: PracticeId,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> [Person; 10] {
    let key = vault.new_data_key(None, now).expect("a data key");
    let (at, wrapped) = (sql_time(now), HEXLOWER.encode(&key.bytes));
    let mut sql = format!(
        "insert into curtain.practice (id, name, created_at) values ('{practice}', 'Zqmark Practice', {at});\
         insert into curtain.credential_key (id, wrapped_by, wrapped, created_at) \
         values ('{}', '{}', '\\x{wrapped}', {at});",
        key.id, key.wrapped_by.0
    );
    let people = PEOPLE.map(|(first, role, state)| {
        let account = AccountId::new(now, entropy);
        let secret = TotpSecret::new(entropy);
        let (name, email) = (format!("{first} Zqmark"), format!("{}@zqmark.test", first.to_lowercase()));
        let _ = write!(
            sql,
            "insert into curtain.account (id, email, name, role, state, created_at) \
             values ('{account}', '{email}', '{name}', '{role}', '{state}', {at});"
        );
        if state == "active" {
            let context = CredentialContext::totp(key.clone(), account, 1);
            let sealed = HEXLOWER.encode(vault.seal_totp(&context, &secret).expect("sealed").as_bytes());
            let _ = write!(
                sql,
                "insert into curtain.password (account, phc, changed_at) values ('{account}', '{}', {at});\
                 insert into curtain.totp (account, version, sealed_seed, credential_key, confirmed_at) \
                 values ('{account}', 1, '\\x{sealed}', '{}', {at});",
                phc(),
                key.id
            );
        }
        Person { id: account.to_string(), name, email, secret: BASE32_NOPAD.encode(secret.as_bytes()) }
    });
    database.arrange(&sql).await;
    people
}

/// The hash of everybody's password, computed once for all tests.
fn phc() -> &'static str {
    static PHC: OnceLock<String> = OnceLock::new();
    PHC.get_or_init(|| {
        let password = NewPassword::choose(PASSWORD, PasswordMinimum::DEFAULT, &[]).expect("a good password");
        hasher().hash(&password, &super::SystemEntropy::new()).expect("a hash").as_str().to_owned()
    })
}
