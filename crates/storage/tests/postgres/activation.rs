//! From the operator's command to a person who can sign in, and every way a link can be worthless.

use std::time::Duration;

use crate::support::HOUR;
use curtain_auth::{ActivationToken, PasswordPhc, RecoveryCode, SystemEntropy, TotpSecret};
use curtain_domain::{
    AccountId, Clock as _, EmailAddress, PersonName, PracticeId, Role, SessionId, SystemClock, Timestamp,
};
use curtain_storage::testing::TestDatabase;
use curtain_storage::{AccountState, NewAdministrator, Practice, StorageError, Store};
use curtain_vault::{CredentialContext, KeyEncryptionKey, Vault};

/// A new practice whose first administrator was just invited.
struct Invited {
    store: Store,
    vault: Vault,
    token: ActivationToken,
    account: AccountId,
    now: Timestamp,
    database: TestDatabase,
}

impl Invited {
    async fn new() -> Self {
        let database = TestDatabase::fresh().await;
        let (entropy, now) = (SystemEntropy::new(), SystemClock.now());
        let token = ActivationToken::new(&entropy);
        let mut owner = database.owner().await;
        let practice = Practice { id: PracticeId::new(now, &entropy), name: "Practice".to_owned() };
        owner.set_up_practice(&practice, now).await.unwrap();
        let new = administrator(now, &token);
        owner.create_administrator(&new, now).await.unwrap();
        let kek = KeyEncryptionKey::from_hex(&KeyEncryptionKey::generate_hex(&entropy)).ok().unwrap();
        let vault = Vault::new(kek, practice.id, std::sync::Arc::new(entropy));
        Self { store: database.store().await, vault, token, account: new.account, now, database }
    }

    /// Everything but the last step; gives the seed of the authenticator.
    async fn set_up(&self) -> TotpSecret {
        let mut scope = self.store.credentials().begin().await.unwrap();
        let link = scope.activation(self.token.hash(), self.now).await.unwrap().unwrap();
        let phc = PasswordPhc::from_text("$argon2id$not-a-hash".to_owned());
        scope.set_password(link.account, &phc, self.now).await.unwrap();
        let key = self.vault.new_data_key(None, self.now).unwrap();
        let key = scope.keep_credential_key(&key, self.now).await.unwrap();
        let seed = TotpSecret::new(&SystemEntropy::new());
        let version = link.totp.map_or(1, |totp| totp.version + 1);
        let sealed = self
            .vault
            .seal_totp(&CredentialContext::totp(key.clone(), link.account, version), &seed)
            .unwrap();
        assert!(scope.store_totp(link.account, version, &sealed, key.id).await.unwrap());
        scope.commit().await.unwrap();
        seed
    }

    async fn finish(&self, step: u64) -> bool {
        let codes = RecoveryCode::set(&SystemEntropy::new()).map(|code| code.hash());
        let mut scope = self.store.credentials().begin().await.unwrap();
        let done =
            scope.finish_activation(self.token.hash(), self.account, step, &codes, self.now).await.unwrap();
        scope.commit().await.unwrap();
        done
    }
}

fn administrator(now: Timestamp, token: &ActivationToken) -> NewAdministrator {
    let entropy = SystemEntropy::new();
    NewAdministrator {
        account: AccountId::new(now, &entropy),
        email: EmailAddress::parse("first@practice.example").unwrap(),
        name: PersonName::parse("First Administrator").unwrap(),
        link: token.hash(),
        link_id: SessionId::new(now, &entropy),
    }
}

#[tokio::test]
async fn an_invited_administrator_becomes_active() {
    let invited = Invited::new().await;
    let mut scope = invited.store.credentials().begin().await.unwrap();
    let link = scope.activation(invited.token.hash(), invited.now).await.unwrap().unwrap();
    assert_eq!((link.role, link.password.is_none(), link.totp.is_none()), (Role::Administrator, true, true));
    assert_eq!((link.email.as_str(), link.practice_name.as_str()), ("first@practice.example", "Practice"));
    drop(scope);

    invited.set_up().await;
    let mut scope = invited.store.credentials().begin().await.unwrap();
    let link = scope.activation(invited.token.hash(), invited.now).await.unwrap().unwrap();
    assert!(link.password.is_some() && !link.totp.unwrap().confirmed);
    assert!(
        !scope.consume_totp_step(invited.account, 5).await.unwrap(),
        "an unconfirmed authenticator is none"
    );
    drop(scope);

    assert!(invited.finish(7).await);
    let mut scope = invited.store.credentials().begin().await.unwrap();
    let found = scope.account_by_email(&link.email).await.unwrap().unwrap();
    assert_eq!(found.state, AccountState::Active);
    assert_eq!(found.totp.unwrap().last_step, 7, "the code that confirmed is used up");
    assert!(scope.activation(invited.token.hash(), invited.now).await.unwrap().is_none());
}

#[tokio::test]
async fn unknown_used_and_expired_links_look_the_same() {
    let invited = Invited::new().await;
    let mut scope = invited.store.credentials().begin().await.unwrap();
    let unknown = ActivationToken::new(&SystemEntropy::new());
    assert!(scope.activation(unknown.hash(), invited.now).await.unwrap().is_none());
    let last = invited.now + HOUR * 72;
    assert!(scope.activation(invited.token.hash(), last - Duration::from_millis(1)).await.unwrap().is_some());
    assert!(scope.activation(invited.token.hash(), last).await.unwrap().is_none());
    drop(scope);
    invited.set_up().await;
    assert!(invited.finish(1).await);
    let mut scope = invited.store.credentials().begin().await.unwrap();
    assert!(scope.activation(invited.token.hash(), invited.now).await.unwrap().is_none());
}

#[tokio::test]
async fn a_link_used_by_many_at_once_is_used_once() {
    let invited = std::sync::Arc::new(Invited::new().await);
    invited.set_up().await;
    let mut racers = tokio::task::JoinSet::new();
    for step in 1..=50 {
        let invited = invited.clone();
        racers.spawn(async move { invited.finish(step).await });
    }
    let winners = racers.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(winners, 1);
    let mut owner = crate::support::sql::connect(&invited.database.owner_url()).await;
    let codes = crate::support::sql::number(&mut owner, "select count(*) from curtain.recovery_code").await;
    assert_eq!(codes, Ok(10));
}

#[tokio::test]
async fn doing_the_password_step_again_replaces_the_seed() {
    let invited = Invited::new().await;
    let first = invited.set_up().await;
    let second = invited.set_up().await;
    assert_ne!(first.as_bytes(), second.as_bytes());
    let mut scope = invited.store.credentials().begin().await.unwrap();
    let totp = scope.activation(invited.token.hash(), invited.now).await.unwrap().unwrap().totp.unwrap();
    assert_eq!(totp.version, 2);
    let context = CredentialContext::totp(totp.key.clone(), invited.account, 2);
    assert_eq!(invited.vault.open_totp(&context, &totp.sealed).ok().unwrap().as_bytes(), second.as_bytes());
}

#[tokio::test]
async fn a_confirmed_authenticator_is_not_replaced() {
    let invited = Invited::new().await;
    invited.set_up().await;
    assert!(invited.finish(1).await);
    let mut scope = invited.store.credentials().begin().await.unwrap();
    let key = scope.credential_key().await.unwrap().unwrap();
    let seed = TotpSecret::new(&SystemEntropy::new());
    let sealed =
        invited.vault.seal_totp(&CredentialContext::totp(key.clone(), invited.account, 2), &seed).unwrap();
    assert!(!scope.store_totp(invited.account, 2, &sealed, key.id).await.unwrap());
}

#[tokio::test]
async fn an_address_is_taken_once() {
    let invited = Invited::new().await;
    let again = administrator(invited.now, &ActivationToken::new(&SystemEntropy::new()));
    let refused = invited.database.owner().await.create_administrator(&again, invited.now).await;
    assert_eq!(refused, Err(StorageError::Constraint("account_email_key".to_owned())));
}

#[tokio::test]
async fn the_first_practice_stays() {
    let invited = Invited::new().await;
    let other =
        Practice { id: PracticeId::new(invited.now, &SystemEntropy::new()), name: "Other".to_owned() };
    let stays = invited.database.owner().await.set_up_practice(&other, invited.now).await.unwrap();
    assert_eq!(stays.name, "Practice");
    assert!(!invited.database.owner().await.holds_demo().await.unwrap());
}
