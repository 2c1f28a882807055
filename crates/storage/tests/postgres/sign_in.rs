//! Signing in and out, as the credentials scope decides it. What counts once counts once, whoever races.

use std::time::Duration;

use crate::support::{ANA, HOUR, LEE, World, sql};
use curtain_auth::{NewSession, SessionEnd, SignInToken, TotpSecret, totp};
use curtain_domain::{EmailAddress, Role};
use curtain_storage::demo::ACCOUNTS;
use curtain_vault::CredentialContext;

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn an_address_leads_to_its_account_and_its_sealed_seed() {
    let world = World::seeded().await;
    let mut scope = world.store.credentials().begin().await.unwrap();
    let email = EmailAddress::parse("LEE@demo.curtain.example").unwrap();

    let found = scope.account_by_email(&email).await.unwrap().unwrap();

    assert_eq!((found.account, found.role), (LEE, Role::Clinician));
    assert!(found.password.is_some());
    let totp = found.totp.unwrap();
    let context = CredentialContext::totp(totp.key.clone(), LEE, totp.version);
    let seed = world.vault.open_totp(&context, &totp.sealed).ok().unwrap();
    assert_eq!(seed.as_bytes(), &ACCOUNTS[0].totp_seed);
}

#[tokio::test]
async fn an_unknown_address_leads_nowhere() {
    let world = World::seeded().await;
    let mut scope = world.store.credentials().begin().await.unwrap();
    let email = EmailAddress::parse("nobody@demo.curtain.example").unwrap();
    assert!(scope.account_by_email(&email).await.unwrap().is_none());
}

#[tokio::test]
async fn password_then_code_then_a_session() {
    let world = World::seeded().await;
    let token = SignInToken::new(&*world.entropy);
    let mut scope = world.store.credentials().begin().await.unwrap();
    scope.create_sign_in(LEE, token.hash(), world.now, &*world.entropy).await.unwrap();
    scope.commit().await.unwrap();

    let mut scope = world.store.credentials().begin().await.unwrap();
    let pending = scope.attempt_sign_in(token.hash(), world.now).await.unwrap().unwrap();
    scope.commit().await.unwrap();
    let context = CredentialContext::totp(pending.totp.key.clone(), pending.account, pending.totp.version);
    let seed = world.vault.open_totp(&context, &pending.totp.sealed).ok().unwrap();
    let step = totp::matching_step(&seed, &seed.code_at(world.now), world.now).unwrap();

    let session = NewSession::issue(pending.role, world.now, &*world.entropy);
    let mut scope = world.store.credentials().begin().await.unwrap();
    assert!(scope.consume_totp_step(LEE, step).await.unwrap());
    assert!(scope.finish_sign_in(token.hash(), world.now).await.unwrap());
    assert!(scope.create_session(LEE, &session).await.unwrap());
    scope.commit().await.unwrap();

    let mut scope = world.store.credentials().begin().await.unwrap();
    let stored = scope.session(session.token.hash()).await.unwrap().unwrap();
    let principal = stored.admit(&session.token, world.now).unwrap();
    assert_eq!(principal.identity().name().as_str(), "Dr Maya Lee");
    assert_eq!(principal.identity().practice_name(), "Curtain Demo Practice");
    assert!(
        scope.attempt_sign_in(token.hash(), world.now).await.unwrap().is_none(),
        "a sign-in is used once"
    );
}

#[tokio::test]
async fn the_sixth_guess_at_a_code_is_not_heard() {
    let world = World::seeded().await;
    let token = SignInToken::new(&*world.entropy);
    let mut scope = world.store.credentials().begin().await.unwrap();
    scope.create_sign_in(ANA, token.hash(), world.now, &*world.entropy).await.unwrap();
    for guess in 1..=5 {
        assert!(scope.attempt_sign_in(token.hash(), world.now).await.unwrap().is_some(), "guess {guess}");
    }
    assert!(scope.attempt_sign_in(token.hash(), world.now).await.unwrap().is_none());
}

#[tokio::test]
async fn a_sign_in_waits_five_minutes_for_its_code() {
    let world = World::seeded().await;
    let token = SignInToken::new(&*world.entropy);
    let mut scope = world.store.credentials().begin().await.unwrap();
    scope.create_sign_in(ANA, token.hash(), world.now, &*world.entropy).await.unwrap();
    let almost = world.now + MINUTE * 5 - Duration::from_millis(1);
    assert!(scope.attempt_sign_in(token.hash(), almost).await.unwrap().is_some());
    assert!(scope.attempt_sign_in(token.hash(), world.now + MINUTE * 5).await.unwrap().is_none());
    assert!(!scope.finish_sign_in(token.hash(), world.now + MINUTE * 5).await.unwrap());
}

#[tokio::test]
async fn an_account_suspended_between_password_and_code_stays_out() {
    let world = World::seeded().await;
    let token = SignInToken::new(&*world.entropy);
    let mut scope = world.store.credentials().begin().await.unwrap();
    scope.create_sign_in(LEE, token.hash(), world.now, &*world.entropy).await.unwrap();
    scope.commit().await.unwrap();
    suspend_lee(&world).await;
    let mut scope = world.store.credentials().begin().await.unwrap();
    assert!(scope.attempt_sign_in(token.hash(), world.now).await.unwrap().is_none());
    let session = NewSession::issue(Role::Clinician, world.now, &*world.entropy);
    assert!(!scope.create_session(LEE, &session).await.unwrap());
}

#[tokio::test]
async fn a_suspended_account_loses_its_sessions_at_once() {
    let world = World::seeded().await;
    let (lee, session) = world.sign_in_at(LEE, world.now).await;
    suspend_lee(&world).await;
    let mut scope = world.store.credentials().begin().await.unwrap();
    assert!(scope.session(session.token.hash()).await.unwrap().is_none());
    let mut scope = world.store.clinician(&lee.into_clinician().unwrap()).begin().await.unwrap();
    assert!(scope.visits().await.unwrap().is_empty(), "and Postgres says so by itself");
}

#[tokio::test]
async fn a_code_is_used_once() {
    let world = World::seeded().await;
    let mut scope = world.store.credentials().begin().await.unwrap();
    assert!(scope.consume_totp_step(ANA, 1_000).await.unwrap());
    assert!(!scope.consume_totp_step(ANA, 1_000).await.unwrap(), "the same step");
    assert!(!scope.consume_totp_step(ANA, 999).await.unwrap(), "an earlier one");
    assert!(scope.consume_totp_step(ANA, 1_001).await.unwrap(), "the next one");
    assert!(scope.consume_totp_step(LEE, 1_000).await.unwrap(), "somebody else's");
}

#[tokio::test]
async fn two_hundred_uses_of_one_code_at_once_let_one_in() {
    let world = World::seeded().await;
    let seed = TotpSecret::from_bytes(&ACCOUNTS[2].totp_seed).unwrap();
    let step = totp::matching_step(&seed, &seed.code_at(world.now), world.now).unwrap();
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let store = world.store.clone();
        racers.spawn(async move {
            let mut scope = store.credentials().begin().await.unwrap();
            let won = scope.consume_totp_step(ANA, step).await.unwrap();
            scope.commit().await.unwrap();
            won
        });
    }
    let winners = racers.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn two_hundred_guesses_at_once_are_five() {
    let world = World::seeded().await;
    let token = SignInToken::new(&*world.entropy);
    let mut scope = world.store.credentials().begin().await.unwrap();
    scope.create_sign_in(ANA, token.hash(), world.now, &*world.entropy).await.unwrap();
    scope.commit().await.unwrap();
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (store, token, now) = (world.store.clone(), token.hash(), world.now);
        racers.spawn(async move {
            let mut scope = store.credentials().begin().await.unwrap();
            let heard = scope.attempt_sign_in(token, now).await.unwrap().is_some();
            scope.commit().await.unwrap();
            heard
        });
    }
    let heard = racers.join_all().await.into_iter().filter(|heard| *heard).count();
    assert_eq!(heard, 5);
}

#[tokio::test]
async fn an_ended_session_is_over_for_the_server_and_for_postgres() {
    let world = World::seeded().await;
    let (ana, session) = world.sign_in_at(ANA, world.now).await;
    let ana = ana.into_patient().unwrap();
    let mut scope = world.store.credentials().begin().await.unwrap();
    scope.end_session(session.id, world.now).await.unwrap();
    scope.touch_session(session.id, world.now + HOUR).await.unwrap();
    assert!(scope.session(session.token.hash()).await.unwrap().is_none());
    scope.commit().await.unwrap();
    let mut scope = world.store.patient(&ana).begin().await.unwrap();
    assert!(scope.visits().await.unwrap().is_empty());
}

#[tokio::test]
async fn postgres_ends_an_idle_session_by_itself() {
    let world = World::seeded().await;
    for (idle, seen) in [(MINUTE * 29, 1), (MINUTE * 31, 0)] {
        let (ana, _) = world.sign_in_at(ANA, world.now - idle).await;
        let mut scope = world.store.patient(&ana.into_patient().unwrap()).begin().await.unwrap();
        assert_eq!(scope.visits().await.unwrap().len(), seen, "{idle:?}");
    }
    for (idle, seen) in [(MINUTE * 14, 2), (MINUTE * 16, 0)] {
        let (lee, _) = world.sign_in_at(LEE, world.now - idle).await;
        let mut scope = world.store.clinician(&lee.into_clinician().unwrap()).begin().await.unwrap();
        assert_eq!(scope.visits().await.unwrap().len(), seen, "{idle:?}");
    }
}

#[tokio::test]
async fn postgres_ends_an_old_session_by_itself() {
    let world = World::seeded().await;
    for (age, seen) in [(HOUR * 11, 2), (HOUR * 12 + MINUTE, 0)] {
        let (lee, session) = world.sign_in_at(LEE, world.now - age).await;
        let mut scope = world.store.credentials().begin().await.unwrap();
        scope.touch_session(session.id, world.now).await.unwrap();
        scope.commit().await.unwrap();
        let mut scope = world.store.clinician(&lee.into_clinician().unwrap()).begin().await.unwrap();
        assert_eq!(scope.visits().await.unwrap().len(), seen, "{age:?}");
    }
}

#[tokio::test]
async fn signs_of_life_close_together_are_one() {
    let world = World::seeded().await;
    let (_, session) = world.sign_in_at(ANA, world.now).await;
    let mut scope = world.store.credentials().begin().await.unwrap();
    for (after, last_used) in [(5, 0), (19, 0), (20, 20), (30, 20)] {
        scope.touch_session(session.id, world.now + Duration::from_secs(after)).await.unwrap();
        let stored = scope.session(session.token.hash()).await.unwrap().unwrap();
        assert_eq!(stored.times().last_used, world.now + Duration::from_secs(last_used), "after {after} s");
        assert_eq!(stored.check(world.now + HOUR * 2), Err(SessionEnd::Idle));
    }
}

async fn suspend_lee(world: &World) {
    let mut owner = sql::connect(&world.database.owner_url()).await;
    sql::run(&mut owner, &format!("update curtain.account set state = 'suspended' where id = '{LEE}'")).await;
}
