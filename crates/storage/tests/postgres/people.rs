//! What administrators may do to accounts, and what the database holds up whoever asks: somebody is always left who can
//! manage accounts, a change ends what it must, and nobody changes themselves.

mod access_reset;
mod care_team;

use curtain_auth::{ActivationToken, Administrator, Principal};
use curtain_domain::{AccountId, EmailAddress, PersonName, Role, SessionId};
use curtain_storage::{AccountState, FactorReset, IdentityCheck, LinkKind, NewLink, NewMember, StorageError};

use crate::support::sql::{self, Refusal, attempt, number};
use crate::support::{ANA, BEN, HOUR, IRIS, LEE, OKAFOR, PAUL, World};

fn link(world: &World) -> (ActivationToken, NewLink) {
    let token = ActivationToken::new(&*world.entropy);
    let id = SessionId::new(world.now, &*world.entropy);
    (token.clone(), NewLink { id, hash: token.hash() })
}

fn reset_of(world: &World, account: AccountId) -> (ActivationToken, FactorReset) {
    let (token, link) = link(world);
    let record = SessionId::new(world.now, &*world.entropy);
    (token, FactorReset { account, identity_check: IdentityCheck::InPerson, link, record })
}

/// Makes Paul an administrator too, signed in.
async fn a_second_administrator(world: &World, iris: &Principal<Administrator>) -> Principal<Administrator> {
    let mut scope = world.store.admin(iris).begin().await.unwrap();
    assert!(scope.change_role(PAUL, Role::Administrator).await.unwrap());
    scope.commit().await.unwrap();
    let session = curtain_auth::NewSession::issue(Role::Administrator, world.now, &*world.entropy);
    let mut scope = world.store.credentials().begin().await.unwrap();
    assert!(scope.create_session(PAUL, &session).await.unwrap());
    let stored = scope.session(session.token.hash()).await.unwrap().unwrap();
    scope.commit().await.unwrap();
    stored.admit(&session.token, world.now).unwrap().into_administrator().unwrap()
}

async fn state_of(world: &World, account: AccountId) -> (String, String) {
    let query = format!("select role || ' ' || state from curtain.account where id = '{account}'");
    let found = world.database.texts(&query).await.pop().unwrap();
    found.split_once(' ').map(|(role, state)| (role.to_owned(), state.to_owned())).unwrap()
}

#[tokio::test]
async fn somebody_invited_has_a_link_and_nothing_else() {
    let world = World::seeded().await;
    let iris = world.iris().await;
    let ((token, link), account) = (link(&world), AccountId::new(world.now, &*world.entropy));
    let new = NewMember {
        account,
        name: PersonName::parse("Cleo").unwrap(),
        email: EmailAddress::parse("cleo@x.example").unwrap(),
        role: Role::Patient,
        link,
    };
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    scope.invite(&new, world.now).await.unwrap();
    let member = scope.member(account, world.now).await.unwrap().unwrap();
    scope.commit().await.unwrap();
    assert_eq!((member.state, member.authenticator_since), (AccountState::Invited, None));
    let mut scope = world.store.credentials().begin().await.unwrap();
    let found = scope.activation(token.hash(), world.now).await.unwrap().unwrap();
    assert_eq!((found.kind, found.password.is_none()), (LinkKind::Invitation, true));
    let too_late = world.now + HOUR * 72;
    assert!(scope.activation(token.hash(), too_late).await.unwrap().is_none());
    drop(scope);
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    let another = NewMember { account: AccountId::new(world.now, &*world.entropy), ..new };
    let again = scope.invite(&another, world.now).await;
    assert_eq!(again, Err(StorageError::Constraint("account_email_key".to_owned())));
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let world = World::seeded().await;
    let iris = world.iris().await;
    let paul = a_second_administrator(&world, &iris).await;
    let mut scope = world.store.admin(&paul).begin().await.unwrap();
    assert!(scope.suspend(IRIS).await.unwrap());
    scope.commit().await.unwrap();
    // Whoever would take the last one away, the owner of the database included, is refused.
    let mut owner = sql::connect(&world.database.owner_url()).await;
    for change in ["role = 'auditor'", "state = 'suspended'", "state = 'invited'"] {
        let refused =
            attempt(&mut owner, &format!("update curtain.account set {change} where id = '{PAUL}'")).await;
        assert!(matches!(refused, Err(Refusal::Other(_))), "{change}: {refused:?}");
    }
    let mut scope = world.store.admin(&paul).begin().await.unwrap();
    assert!(scope.reactivate(IRIS).await.unwrap());
    scope.commit().await.unwrap();
    assert_eq!(state_of(&world, IRIS).await.1, "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_who_remove_each_other_one_is_left() {
    for round in 0..12 {
        let world = World::seeded().await;
        let iris = world.iris().await;
        let paul = a_second_administrator(&world, &iris).await;
        let (one, two) =
            tokio::join!(remove(&world, &iris, PAUL, round), remove(&world, &paul, IRIS, round / 2));
        assert!(one.is_ok() != two.is_ok(), "round {round}: {one:?} and {two:?}");
        let left = "select id::text from curtain.account where role = 'administrator' and state = 'active'";
        assert_eq!(world.database.texts(left).await.len(), 1, "round {round}");
    }
}

/// One of the three ways to take an administrator away.
async fn remove(
    world: &World,
    by: &Principal<Administrator>,
    whom: AccountId,
    way: usize,
) -> Result<(), StorageError> {
    let mut scope = world.store.admin(by).begin().await?;
    // False when the session ended before the statement ran, which is the other's doing.
    let done = match way % 3 {
        0 => scope.change_role(whom, Role::Auditor).await?,
        1 => scope.suspend(whom).await?,
        _ => scope.reset_second_factor(&reset_of(world, whom).1, world.now).await?,
    };
    scope.commit().await?;
    if done { Ok(()) } else { Err(StorageError::NotAllowed) }
}

#[tokio::test]
async fn nobody_changes_their_own_account_by_sql_either() {
    let world = World::seeded().await;
    let (_, session) = world.sign_in_at(IRIS, world.now).await;
    let mut admin = sql::connect(&world.database.url_as("curtain_admin")).await;
    for change in ["role = 'clinician'", "role = 'administrator'", "state = 'suspended'"] {
        sql::begin(&mut admin, Some(&session.token.context())).await;
        let touched =
            attempt(&mut admin, &format!("update curtain.account set {change} where id = '{IRIS}'")).await;
        assert_eq!(touched, Ok(0), "{change}");
        sql::run(&mut admin, "rollback").await;
    }
    let iris = world.iris().await;
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    assert!(!scope.change_role(IRIS, Role::Auditor).await.unwrap());
    assert!(!scope.reset_second_factor(&reset_of(&world, IRIS).1, world.now).await.unwrap());
}

#[tokio::test]
async fn an_administrator_brings_nobody_to_life() {
    let world = World::seeded().await;
    let iris = world.iris().await;
    let (_, session) = world.sign_in_at(IRIS, world.now).await;
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    assert!(scope.reset_second_factor(&reset_of(&world, ANA).1, world.now).await.unwrap());
    scope.commit().await.unwrap();
    let mut admin = sql::connect(&world.database.url_as("curtain_admin")).await;
    for path in [&["active"][..], &["suspended", "active"]] {
        sql::begin(&mut admin, Some(&session.token.context())).await;
        let mut last = Ok(0);
        for state in path {
            last = attempt(
                &mut admin,
                &format!("update curtain.account set state = '{state}' where id = '{ANA}'"),
            )
            .await;
        }
        assert!(matches!(last, Err(Refusal::Other(_))), "{path:?}: {last:?}");
        sql::run(&mut admin, "rollback").await;
    }
}

#[tokio::test]
async fn a_reset_takes_the_old_factor_with_its_codes_and_sessions() {
    let world = World::seeded().await;
    let (iris, (_, session)) = (world.iris().await, world.sign_in_at(ANA, world.now).await);
    let code = "insert into curtain.recovery_code (account, code_hash, created_at) \
        select id, sha256('x'), now() from curtain.account where email like 'ana@%'";
    world.database.arrange(code).await;
    let (token, reset) = reset_of(&world, ANA);
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    assert!(scope.reset_second_factor(&reset, world.now).await.unwrap());
    let member = scope.member(ANA, world.now).await.unwrap().unwrap();
    scope.commit().await.unwrap();
    assert_eq!((member.state, member.authenticator_since), (AccountState::Invited, None));
    assert_eq!((member.factor_was_reset, member.open_sessions), (true, 0));
    let mut owner = sql::connect(&world.database.owner_url()).await;
    for gone in [
        format!("select count(*) from curtain.totp where account = '{ANA}' and length(sealed_seed) > 0"),
        format!("select count(*) from curtain.recovery_code where account = '{ANA}' and used_at is null"),
        format!("select count(*) from curtain.session where account = '{ANA}' and ended_at is null"),
        format!("select count(*) from curtain.factor_reset where account = '{ANA}' and reset_by <> '{IRIS}'"),
    ] {
        assert_eq!(number(&mut owner, &gone).await, Ok(0), "{gone}");
    }
    let mut scope = world.store.credentials().begin().await.unwrap();
    assert!(scope.session(session.token.hash()).await.unwrap().is_none());
    let found = scope.activation(token.hash(), world.now).await.unwrap().unwrap();
    assert_eq!((found.kind, found.password.is_some()), (LinkKind::NewFactor, true));
    assert!(found.totp.unwrap().was_reset());
}

#[tokio::test]
async fn a_link_that_could_set_another_password_is_refused_by_the_database() {
    let world = World::seeded().await;
    let iris = world.iris().await;
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    scope.reset_second_factor(&reset_of(&world, ANA).1, world.now).await.unwrap();
    scope.commit().await.unwrap();
    let (_, session) = world.sign_in_at(IRIS, world.now).await;
    let mut admin = sql::connect(&world.database.url_as("curtain_admin")).await;
    for (account, kind) in [(ANA, "invitation"), (BEN, "invitation"), (BEN, "new_factor")] {
        sql::begin(&mut admin, Some(&session.token.context())).await;
        let statement = format!(
            "insert into curtain.activation (id, account, token_hash, kind, created_at, expires_at) \
             values (gen_random_uuid(), '{account}', sha256('guess'), '{kind}', now(), now() + interval '1 hour')"
        );
        assert_eq!(attempt(&mut admin, &statement).await, Err(Refusal::Policy), "{kind} for {account}");
        sql::run(&mut admin, "rollback").await;
    }
}

#[tokio::test]
async fn every_change_that_must_end_sessions_does() {
    for way in 0..3 {
        let world = World::seeded().await;
        let (iris, (_, session)) = (world.iris().await, world.sign_in_at(OKAFOR, world.now).await);
        let mut scope = world.store.admin(&iris).begin().await.unwrap();
        match way {
            0 => assert!(scope.suspend(OKAFOR).await.unwrap()),
            1 => assert!(scope.change_role(OKAFOR, Role::Auditor).await.unwrap()),
            _ => assert_eq!(scope.end_sessions(OKAFOR, world.now).await.unwrap(), 1),
        }
        scope.commit().await.unwrap();
        let mut scope = world.store.credentials().begin().await.unwrap();
        assert!(scope.session(session.token.hash()).await.unwrap().is_none(), "way {way}");
    }
}

#[tokio::test]
async fn a_clinician_with_visits_stays_one() {
    let world = World::seeded().await;
    let iris = world.iris().await;
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    let refused = scope.change_role(LEE, Role::Administrator).await;
    assert!(
        matches!(&refused, Err(StorageError::Constraint(name)) if name.ends_with("_fkey")),
        "{refused:?}"
    );
    drop(scope);
    assert_eq!(state_of(&world, LEE).await, ("clinician".to_owned(), "active".to_owned()));
}

#[tokio::test]
async fn an_administrator_has_no_way_to_clinical_text() {
    let world = World::seeded().await;
    let (_, session) = world.sign_in_at(IRIS, world.now).await;
    let mut admin = sql::connect(&world.database.url_as("curtain_admin")).await;
    let mut queries: Vec<String> =
        ["note", "data_key", "visit", "visit_participant", "password", "credential_key"]
            .iter()
            .map(|table| format!("select count(*) from curtain.{table}"))
            .collect();
    // Who has a second factor, and never what it is.
    queries.extend(["totp.sealed_seed", "recovery_code.code_hash"].map(|secret| {
        let (table, column) = secret.split_once('.').unwrap();
        format!("select count({column}) from curtain.{table}")
    }));
    for query in queries {
        sql::begin(&mut admin, Some(&session.token.context())).await;
        assert_eq!(number(&mut admin, &query).await, Err(Refusal::Denied), "{query}");
        sql::run(&mut admin, "rollback").await;
    }
}
