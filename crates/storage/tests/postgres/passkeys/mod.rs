//! Passkeys in Postgres: questions count once and take no room, what is removed stays so, and the database itself refuses
//! to leave anybody with a password alone.

use std::time::Duration;

use curtain_auth::passkey::{AskedOf, Passkey, RelyingParty, SoftwareAuthenticator};
use curtain_auth::{CeremonyToken, SignInToken};
use curtain_domain::{AccountId, EmailAddress, PersonName, SessionId};
use curtain_storage::{CeremonyKind, MOST_PASSKEYS, NewCeremony, StorageError};
use uuid::Uuid;

use crate::support::sql::{self, Refusal, attempt, number};
use crate::support::{ANA, BEN, World};

const ORIGIN: &str = "https://visits.test";
const FIVE_MINUTES: Duration = Duration::from_mins(5);

/// A passkey that a device made.
fn passkey() -> Passkey {
    let practice = RelyingParty::at(ORIGIN, "Practice").unwrap();
    let whom = AskedOf {
        account: ANA,
        email: &EmailAddress::parse("ana@b.example").unwrap(),
        name: &PersonName::parse("Ana").unwrap(),
    };
    let (options, state) = practice.ask_for_new(whom, Vec::new()).unwrap();
    let mut device = SoftwareAuthenticator::new(ORIGIN, "visits.test");
    practice.judge_new(&state, &device.create(&options.challenge, &options.user_handle)).unwrap()
}

fn an_id(world: &World) -> Uuid {
    SessionId::new(world.now, &*world.entropy).as_uuid()
}

async fn add(world: &World, account: AccountId, passkey: &Passkey) -> Result<Uuid, StorageError> {
    let id = an_id(world);
    let mut scope = world.store.credentials().begin().await?;
    assert!(scope.add_passkey(account, id, passkey, "Phone", world.now).await?);
    scope.commit().await?;
    Ok(id)
}

async fn ask(world: &World, kind: CeremonyKind, begun_by: Option<Uuid>, after: Duration) -> CeremonyToken {
    let token = CeremonyToken::new(&*world.entropy);
    let ceremony = NewCeremony { id: an_id(world), kind, token: token.hash(), begun_by, state: "kept" };
    let mut scope = world.store.credentials().begin().await.unwrap();
    scope.begin_ceremony(&ceremony, world.now + after).await.unwrap();
    scope.commit().await.unwrap();
    token
}

async fn take(
    world: &World,
    kind: CeremonyKind,
    token: &CeremonyToken,
    begun_by: Option<Uuid>,
    after: Duration,
) -> Option<String> {
    let mut scope = world.store.credentials().begin().await.unwrap();
    let state = scope.take_ceremony(kind, token.hash(), begun_by, world.now + after).await.unwrap();
    scope.commit().await.unwrap();
    state
}

#[tokio::test]
async fn a_question_is_taken_once_for_its_kind_by_who_was_asked_and_in_time() {
    let world = World::seeded().await;
    let (session, other) = (Some(an_id(&world)), Some(an_id(&world)));
    let soon = Duration::from_secs(1);
    let token = ask(&world, CeremonyKind::StepUp, session, Duration::ZERO).await;
    assert_eq!(take(&world, CeremonyKind::Registration, &token, session, soon).await, None);
    assert_eq!(take(&world, CeremonyKind::StepUp, &token, other, soon).await, None);
    assert_eq!(take(&world, CeremonyKind::StepUp, &token, None, soon).await, None);
    assert_eq!(take(&world, CeremonyKind::StepUp, &token, session, FIVE_MINUTES).await, None);
    let state = take(&world, CeremonyKind::StepUp, &token, session, soon).await;
    assert_eq!(state.as_deref(), Some("kept"));
    assert_eq!(take(&world, CeremonyKind::StepUp, &token, session, soon).await, None);
}

#[tokio::test]
async fn a_sessions_new_question_replaces_its_last_one_of_the_kind() {
    let world = World::seeded().await;
    let session = Some(an_id(&world));
    let first = ask(&world, CeremonyKind::StepUp, session, Duration::ZERO).await;
    let registration = ask(&world, CeremonyKind::Registration, session, Duration::ZERO).await;
    let second = ask(&world, CeremonyKind::StepUp, session, Duration::ZERO).await;
    assert!(take(&world, CeremonyKind::StepUp, &first, session, Duration::ZERO).await.is_none());
    assert!(take(&world, CeremonyKind::StepUp, &second, session, Duration::ZERO).await.is_some());
    assert!(take(&world, CeremonyKind::Registration, &registration, session, Duration::ZERO).await.is_some());
}

#[tokio::test]
async fn questions_of_strangers_do_not_fill_the_table() {
    let world = World::seeded().await;
    let mut owner = sql::connect(&world.database.owner_url()).await;
    let rows = "select count(*) from curtain.passkey_ceremony";
    for round in 0..4_u32 {
        let at = (FIVE_MINUTES + Duration::from_secs(1)) * round;
        let mut tokens = Vec::new();
        for _ in 0..5 {
            tokens.push(ask(&world, CeremonyKind::SignIn, None, at).await);
        }
        assert_eq!(number(&mut owner, rows).await, Ok(5), "round {round}");
        for token in &tokens {
            assert!(take(&world, CeremonyKind::SignIn, token, None, at).await.is_some());
        }
    }
}

#[tokio::test]
async fn a_passkey_is_found_by_its_name_until_it_is_removed() {
    let world = World::seeded().await;
    let passkey = passkey();
    let id = add(&world, ANA, &passkey).await.unwrap();
    let mut scope = world.store.credentials().begin().await.unwrap();
    let found = scope.passkey(passkey.credential_id()).await.unwrap().unwrap();
    assert_eq!((found.id, found.account, found.active), (id, ANA, true));
    assert!(scope.passkey_was_used(id, &found.passkey, world.now).await.unwrap());
    assert!(!scope.remove_passkey(BEN, id, world.now).await.unwrap(), "not his");
    assert!(scope.remove_passkey(ANA, id, world.now).await.unwrap());
    assert!(!scope.remove_passkey(ANA, id, world.now).await.unwrap());
    assert!(!scope.passkey_was_used(id, &found.passkey, world.now).await.unwrap());
    assert!(scope.passkey(passkey.credential_id()).await.unwrap().is_none());
    assert!(scope.passkeys_of(ANA).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_name_is_given_once_and_an_account_has_ten() {
    let world = World::seeded().await;
    let taken = passkey();
    add(&world, ANA, &taken).await.unwrap();
    let refused = add(&world, BEN, &taken).await.err();
    assert_eq!(refused, Some(StorageError::Constraint("passkey_credential_key".to_owned())));
    for _ in 1..MOST_PASSKEYS {
        add(&world, ANA, &passkey()).await.unwrap();
    }
    let mut scope = world.store.credentials().begin().await.unwrap();
    assert!(!scope.add_passkey(ANA, an_id(&world), &passkey(), "Eleventh", world.now).await.unwrap());
}

#[tokio::test]
async fn no_passkey_goes_while_its_owner_has_no_authenticator() {
    let world = World::seeded().await;
    let id = add(&world, ANA, &passkey()).await.unwrap();
    world
        .database
        .arrange(&format!("update curtain.totp set confirmed_at = null where account = '{ANA}'"))
        .await;
    let mut credentials = sql::connect(&world.database.url_as("curtain_credentials")).await;
    let remove = format!("update curtain.passkey set removed_at = now() where id = '{id}'");
    sql::begin(&mut credentials, None).await;
    assert_eq!(attempt(&mut credentials, &remove).await, Err(Refusal::Policy));
    sql::run(&mut credentials, "rollback").await;
    world
        .database
        .arrange(&format!("update curtain.totp set confirmed_at = now() where account = '{ANA}'"))
        .await;
    sql::begin(&mut credentials, None).await;
    assert_eq!(attempt(&mut credentials, &remove).await, Ok(1));
    let back = format!("update curtain.passkey set removed_at = null where id = '{id}'");
    assert_eq!(attempt(&mut credentials, &back).await, Ok(0), "what was removed stays removed");
}

#[tokio::test]
async fn only_a_reset_takes_passkeys_and_a_suspension_leaves_them() {
    let world = World::seeded().await;
    let (of_ana, of_ben) = (passkey(), passkey());
    add(&world, ANA, &of_ana).await.unwrap();
    add(&world, BEN, &of_ben).await.unwrap();
    for sql in [
        format!("update curtain.account set state = 'suspended' where id = '{BEN}'"),
        format!("update curtain.account set state = 'active' where id = '{BEN}'"),
        format!("update curtain.account set state = 'invited' where id = '{ANA}'"),
    ] {
        world.database.arrange(&sql).await;
    }
    let mut scope = world.store.credentials().begin().await.unwrap();
    assert!(scope.passkey(of_ben.credential_id()).await.unwrap().is_some());
    assert!(scope.passkey(of_ana.credential_id()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_question_of_nobody_is_for_signing_in_alone() {
    let world = World::seeded().await;
    let mut credentials = sql::connect(&world.database.url_as("curtain_credentials")).await;
    for (kind, begun_by) in [("step_up", "null"), ("registration", "null"), ("sign_in", "gen_random_uuid()")]
    {
        let token = SignInToken::new(&*world.entropy);
        let hash =
            token.hash().as_bytes().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let insert = format!(
            "insert into curtain.passkey_ceremony (id, kind, token_hash, begun_by, state, created_at, expires_at) \
             values (gen_random_uuid(), '{kind}', '\\x{hash}', {begun_by}, '', now(), now())"
        );
        sql::begin(&mut credentials, None).await;
        assert!(matches!(attempt(&mut credentials, &insert).await, Err(Refusal::Other(_))), "{kind}");
        sql::run(&mut credentials, "rollback").await;
    }
}
