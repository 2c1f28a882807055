//! Password and second factor lost together: two administrators, each step once, and a link of its own kind.

use curtain_auth::{ActivationToken, Administrator, Principal};
use curtain_domain::{
    AccountId, DataKeyId, EmailAddress, KeyEncryptionKeyId, Sealed, SessionId, WrappedDataKey,
};
use curtain_storage::{IdentityCheck, LinkKind, MailKind, NewMail, StorageError};

use super::{a_second_administrator, link};
use crate::support::sql::{self, Refusal, attempt, number};
use crate::support::{ANA, IRIS, World};

async fn request(world: &World, by: &Principal<Administrator>, account: AccountId) -> bool {
    let mut scope = world.store.admin(by).begin().await.unwrap();
    let asked = scope.request_access_reset(account, IdentityCheck::InPerson).await.unwrap();
    scope.commit().await.unwrap();
    asked
}

async fn approve(
    world: &World,
    by: &Principal<Administrator>,
    account: AccountId,
) -> Result<(bool, ActivationToken), StorageError> {
    let (token, link) = link(world);
    let mut scope = world.store.admin(by).begin().await?;
    let approved = scope.approve_access_reset(account, link, world.now).await?;
    if approved {
        scope.commit().await?;
    }
    Ok((approved, token))
}

#[tokio::test]
async fn two_administrators_let_somebody_begin_anew() {
    let world = World::seeded().await;
    let iris = world.iris().await;
    let paul = a_second_administrator(&world, &iris).await;
    let (_, session) = world.sign_in_at(ANA, world.now).await;
    assert!(!approve(&world, &paul, ANA).await.unwrap().0, "nobody asked");
    assert!(request(&world, &iris, ANA).await);
    assert!(!request(&world, &iris, ANA).await, "it waits already");
    assert!(!approve(&world, &iris, ANA).await.unwrap().0, "not who asked");
    let (approved, token) = approve(&world, &paul, ANA).await.unwrap();
    assert!(approved);
    assert!(!approve(&world, &paul, ANA).await.unwrap().0, "once");
    let mut scope = world.store.credentials().begin().await.unwrap();
    assert!(scope.session(session.token.hash()).await.unwrap().is_none());
    let found = scope.activation(token.hash(), world.now).await.unwrap().unwrap();
    assert_eq!(found.kind, LinkKind::NewCredentials);
    drop(scope);
    let mut owner = sql::connect(&world.database.owner_url()).await;
    for gone in [
        format!("select count(*) from curtain.password where account = '{ANA}' and phc <> ''"),
        format!("select count(*) from curtain.totp where account = '{ANA}' and length(sealed_seed) > 0"),
    ] {
        assert_eq!(number(&mut owner, &gone).await, Ok(0), "{gone}");
    }
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    let member = scope.member(ANA, world.now).await.unwrap().unwrap();
    assert!(member.access_was_reset && member.access_reset.is_none());
    let kind = scope.renew_link(ANA, link(&world).1, world.now).await.unwrap();
    assert_eq!(kind, Some(LinkKind::NewCredentials), "another link is of the same kind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_approvals_at_once_are_one() {
    let world = std::sync::Arc::new(World::seeded().await);
    let iris = world.iris().await;
    let paul = std::sync::Arc::new(a_second_administrator(&world, &iris).await);
    assert!(request(&world, &iris, ANA).await);
    let tries: Vec<_> = (0..100)
        .map(|_| {
            let (world, paul) = (std::sync::Arc::clone(&world), std::sync::Arc::clone(&paul));
            tokio::spawn(async move { approve(&world, &paul, ANA).await })
        })
        .collect();
    let mut approved = 0;
    for one in tries {
        approved += usize::from(one.await.unwrap().is_ok_and(|(approved, _)| approved));
    }
    assert_eq!(approved, 1);
    let links =
        format!("select count(*) from curtain.activation where account = '{ANA}' and used_at is null");
    let mut owner = sql::connect(&world.database.owner_url()).await;
    assert_eq!(number(&mut owner, &links).await, Ok(1));
}

#[tokio::test]
async fn what_is_too_late_withdrawn_or_suspended_is_not_approved() {
    for change in [
        "update curtain.access_reset set expires_at = now() - interval '1 second'",
        "update curtain.access_reset set withdrawn_at = now()",
        "update curtain.account set state = 'suspended' where name = 'Ana Ruiz'",
    ] {
        let world = World::seeded().await;
        let iris = world.iris().await;
        let paul = a_second_administrator(&world, &iris).await;
        assert!(request(&world, &iris, ANA).await);
        world.database.arrange(change).await;
        assert!(!approve(&world, &paul, ANA).await.unwrap().0, "{change}");
        if change.contains("access_reset") {
            assert!(request(&world, &iris, ANA).await, "it makes room for another: {change}");
        }
    }
}

#[tokio::test]
async fn one_administrator_is_not_two_by_sql_either() {
    let world = World::seeded().await;
    let iris = world.iris().await;
    a_second_administrator(&world, &iris).await;
    assert!(request(&world, &iris, ANA).await);
    let (_, session) = world.sign_in_at(IRIS, world.now).await;
    let mut admin = sql::connect(&world.database.url_as("curtain_admin")).await;
    let approve = |by: &str| {
        format!(
            "update curtain.access_reset set approved_by = {by}, approved_at = now() where account = '{ANA}'"
        )
    };
    let insert = |by: &str, account: AccountId| {
        format!(
            "insert into curtain.access_reset (account, requested_by, identity_check) \
             values ('{account}', {by}, 'in_person')"
        )
    };
    let (me, another) = (format!("'{IRIS}'"), "(select id from curtain.account where name = 'Paul Weber')");
    for statement in [
        approve(&me),
        approve(another),
        approve("null"),
        insert(another, ANA),
        insert(&me, IRIS),
        "update curtain.access_reset set requested_by = null".to_owned(),
        "update curtain.access_reset set approved_on_console = true, approved_at = now()".to_owned(),
    ] {
        sql::begin(&mut admin, Some(&session.token.context())).await;
        let refused = attempt(&mut admin, &statement).await;
        assert!(refused.is_err(), "{statement}: {refused:?}");
        sql::run(&mut admin, "rollback").await;
    }
    // And no link that sets a password, while nobody else approved.
    sql::begin(&mut admin, Some(&session.token.context())).await;
    let statement = format!(
        "update curtain.account set state = 'invited' where id = '{ANA}'; \
         insert into curtain.activation (id, account, token_hash, kind, created_at, expires_at) \
         values (gen_random_uuid(), '{ANA}', sha256('guess'), 'new_credentials', now(), now() + interval '1 hour')"
    );
    assert_eq!(attempt(&mut admin, &statement).await, Err(Refusal::Policy));
}

#[tokio::test]
async fn the_console_is_the_second_person_and_only_of_what_was_asked() {
    let world = World::seeded().await;
    let (iris, email) = (world.iris().await, EmailAddress::parse("ana@demo.curtain.example").unwrap());
    let mut owner = world.database.owner().await;
    assert_eq!(
        owner.contact(&email).await.unwrap().map(|to| to.name.as_str().to_owned()),
        Some("Ana Ruiz".to_owned())
    );
    assert_eq!(
        owner.approve_access_reset(&email, link(&world).1, &letter(&world), world.now).await,
        Ok(false)
    );
    assert!(request(&world, &iris, ANA).await);
    let ((token, new), first) = (link(&world), letter(&world));
    assert_eq!(owner.approve_access_reset(&email, new, &first, world.now).await, Ok(true));
    assert_eq!(
        owner.approve_access_reset(&email, link(&world).1, &letter(&world), world.now).await,
        Ok(false)
    );
    let queued: Vec<_> = world.store.worker().begin().await.unwrap().waiting_mail(9).await.unwrap();
    assert_eq!(
        queued.iter().map(|one| one.id).collect::<Vec<_>>(),
        [first.id],
        "one letter, for what counted"
    );
    let mut scope = world.store.credentials().begin().await.unwrap();
    let found = scope.activation(token.hash(), world.now).await.unwrap().unwrap();
    assert_eq!((found.account, found.kind), (ANA, LinkKind::NewCredentials));
}

/// A letter that nobody opens here.
fn letter(world: &World) -> NewMail {
    let id = SessionId::new(world.now, &*world.entropy);
    let wrapped_by = KeyEncryptionKeyId("test".to_owned());
    let key =
        WrappedDataKey { id: DataKeyId::new(world.now, &*world.entropy), wrapped_by, bytes: vec![0; 60] };
    NewMail { id, kind: MailKind::NewCredentials, key, sealed: Sealed::from_bytes(vec![0; 99]) }
}
