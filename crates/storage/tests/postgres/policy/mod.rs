//! The practice's policy in the database: who may read and decide it, its bounds whoever writes, one version after the other,
//! and that a shorter session counts at once.

mod sessions;

use std::time::Duration;

use curtain_auth::{
    Administrator, FactorRule, FactorStanding, GraceDays, PasswordMinimum, PerRole, PolicyChoice,
    PolicyRefusal, Principal, RoleChoice, SecondFactor, SessionLimits,
};
use curtain_domain::{AccountId, Role, Timestamp};
use curtain_storage::{PolicySave, StoredPolicy};

use crate::support::sql::{self, Refusal, attempt};
use crate::support::{ANA, IRIS, LEE, OKAFOR, PAUL, World};

/// What holds now, as a choice that changes nothing.
fn as_it_is(stored: &StoredPolicy) -> PolicyChoice {
    let roles = PerRole::try_from_fn(|role| {
        let now = stored.policy.roles.of(role);
        let (second_factor, grace, limits) = (now.rule.second_factor(), now.rule.grace, now.limits);
        Ok::<_, PolicyRefusal>(RoleChoice { second_factor, grace, limits })
    });
    PolicyChoice { password_minimum: stored.policy.password_minimum, roles: roles.unwrap() }
}

/// The same with another choice for one role.
fn with(choice: &PolicyChoice, whose: Role, other: impl Fn(&mut RoleChoice)) -> PolicyChoice {
    let roles = PerRole::try_from_fn(|role| {
        let mut of_role = *choice.roles.of(role);
        if role == whose {
            other(&mut of_role);
        }
        Ok::<_, PolicyRefusal>(of_role)
    });
    PolicyChoice { roles: roles.unwrap(), ..*choice }
}

async fn policy(world: &World) -> StoredPolicy {
    world.store.credentials().begin().await.unwrap().policy().await.unwrap()
}

async fn decide(world: &World, iris: &Principal<Administrator>, choice: &PolicyChoice) {
    let expected = policy(world).await.version;
    let mut scope = world.store.admin(iris).begin().await.unwrap();
    assert_eq!(scope.save_policy(expected, choice).await.unwrap(), PolicySave::Saved);
    scope.commit().await.unwrap();
}

/// Another choice for one role, decided by Iris.
async fn decide_for(world: &World, role: Role, other: impl Fn(&mut RoleChoice)) {
    let iris = world.iris().await;
    let choice = with(&as_it_is(&policy(world).await), role, other);
    decide(world, &iris, &choice).await;
}

async fn standing(world: &World, account: AccountId, has_passkey: bool, now: Timestamp) -> FactorStanding {
    let mut scope = world.store.credentials().begin().await.unwrap();
    let (rule, since) = scope.factor_rule(account).await.unwrap().expect("an active account");
    rule.standing(has_passkey, since, now)
}

#[tokio::test]
async fn a_practice_that_decided_nothing_has_what_everybody_had() {
    let stored = policy(&World::seeded().await).await;
    assert_eq!((stored.version, stored.changed_at, stored.changed_by), (1, None, None));
    assert_eq!(stored.policy.password_minimum, PasswordMinimum::DEFAULT);
    for role in Role::ALL {
        let of_role = stored.policy.roles.of(role);
        assert_eq!((of_role.rule.factor, of_role.limits), (FactorRule::Any, SessionLimits::ceiling(role)));
    }
}

#[tokio::test]
async fn an_administrator_decides_and_the_database_notes_who_and_when() {
    let world = World::seeded().await;
    let iris = world.iris().await;
    let mut choice = with(&as_it_is(&policy(&world).await), Role::Clinician, |of_role| {
        of_role.limits = SessionLimits::new(Role::Clinician, 10, 480).unwrap();
        of_role.grace = GraceDays::new(3).unwrap();
    });
    choice.password_minimum = PasswordMinimum::new(15).unwrap();
    decide(&world, &iris, &choice).await;
    let stored = policy(&world).await;
    assert_eq!((stored.version, stored.changed_by), (2, Some(IRIS)));
    assert!(stored.changed_at.is_some_and(|at| at >= world.now));
    assert_eq!(as_it_is(&stored), choice);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_who_save_at_once_one_is_told() {
    let world = World::seeded().await;
    for round in 0..8 {
        let (one, two) = (world.iris().await, world.iris().await);
        let stored = policy(&world).await;
        let minimum = PasswordMinimum::new(12 + round % 4).unwrap();
        let choice = PolicyChoice { password_minimum: minimum, ..as_it_is(&stored) };
        let save = async |by: &Principal<Administrator>| {
            let mut scope = world.store.admin(by).begin().await.unwrap();
            let saved = scope.save_policy(stored.version, &choice).await.unwrap();
            scope.commit().await.unwrap();
            saved
        };
        let (one, two) = tokio::join!(save(&one), save(&two));
        assert!((one == PolicySave::Saved) != (two == PolicySave::Saved), "round {round}: {one:?}, {two:?}");
        assert_eq!(policy(&world).await.version, stored.version + 1);
    }
}

#[tokio::test]
async fn a_rule_has_a_day_that_more_or_less_grace_does_not_move() {
    let world = World::seeded().await;
    decide_for(&world, Role::Clinician, |of_role| of_role.second_factor = SecondFactor::Passkey).await;
    let since = async || match policy(&world).await.policy.roles.of(Role::Clinician).rule.factor {
        FactorRule::Passkey { since } => Some(since),
        FactorRule::Any => None,
    };
    let first = since().await.expect("required");
    assert!(first >= world.now, "by the database's clock");
    decide_for(&world, Role::Clinician, |of_role| of_role.grace = GraceDays::new(2).unwrap()).await;
    assert_eq!(since().await, Some(first));
    decide_for(&world, Role::Clinician, |of_role| of_role.second_factor = SecondFactor::Any).await;
    assert_eq!(since().await, None);
    decide_for(&world, Role::Clinician, |of_role| of_role.second_factor = SecondFactor::Passkey).await;
    assert!(since().await.is_some_and(|again| again > first), "a rule made again has another day");
}

#[tokio::test]
async fn whoever_lacks_a_passkey_has_until_the_end_of_grace() {
    let world = World::seeded().await;
    decide_for(&world, Role::Clinician, |of_role| of_role.second_factor = SecondFactor::Passkey).await;
    let now = policy(&world).await.changed_at.unwrap();
    assert!(matches!(standing(&world, LEE, false, now).await, FactorStanding::Grace { .. }));
    let later = now + Duration::from_hours(24 * 15);
    assert_eq!(standing(&world, LEE, false, later).await, FactorStanding::Due);
    assert_eq!(standing(&world, LEE, true, later).await, FactorStanding::Open);
    assert_eq!(standing(&world, ANA, false, later).await, FactorStanding::Open, "patients were not asked");
}

#[tokio::test]
async fn days_of_grace_begin_with_the_role_and_nothing_else_moves_them() {
    let world = World::seeded().await;
    let since = async |account: AccountId| {
        let query = format!("select role_since::text from curtain.account where id = '{account}'");
        world.database.texts(&query).await
    };
    let change = async |what: &str, account: AccountId| {
        let statement = format!("update curtain.account set {what} where id = '{account}'");
        world.database.arrange(&statement).await;
    };
    let first = since(OKAFOR).await;
    for state in ["suspended", "active", "invited", "active"] {
        change(&format!("state = '{state}'"), OKAFOR).await;
    }
    change("role_since = now() + interval '1 year'", OKAFOR).await;
    change("name = 'Tom'", OKAFOR).await;
    assert_eq!(since(OKAFOR).await, first);
    let first = since(PAUL).await;
    change("role = 'administrator'", PAUL).await;
    assert_ne!(since(PAUL).await, first, "another role has its own days");
    world
        .database
        .arrange(
            "insert into curtain.account (id, email, name, role, created_at) \
             values (gen_random_uuid(), 'new@x', 'New', 'auditor', now())",
        )
        .await;
    let new = "select count(*)::text from curtain.account where email = 'new@x' and role_since is null";
    assert_eq!(world.database.texts(new).await, ["1"], "nobody's days run before they come");
    world.database.arrange("update curtain.account set state = 'active' where email = 'new@x'").await;
    assert_eq!(world.database.texts(new).await, ["0"]);
}

#[tokio::test]
async fn the_database_refuses_what_is_out_of_bounds_whoever_writes() {
    let world = World::seeded().await;
    let mut owner = sql::connect(&world.database.owner_url()).await;
    for (wrong, right) in [
        ("practice_policy set password_minimum = 11", "practice_policy set password_minimum = 12"),
        ("practice_policy set password_minimum = 16", "practice_policy set password_minimum = 15"),
        ("role_policy set grace_days = 31", "role_policy set grace_days = 30"),
        ("role_policy set grace_days = -1", "role_policy set grace_days = 0"),
        ("role_policy set second_factor = 'none'", "role_policy set second_factor = 'passkey'"),
        ("role_policy set idle_minutes = 4", "role_policy set idle_minutes = 5"),
        ("role_policy set idle_minutes = 16", "role_policy set idle_minutes = 15"),
        (
            "role_policy set idle_minutes = 31 where role = 'patient'",
            "role_policy set idle_minutes = 30 where role = 'patient'",
        ),
        ("role_policy set absolute_minutes = 59", "role_policy set absolute_minutes = 60"),
        ("role_policy set absolute_minutes = 721", "role_policy set absolute_minutes = 720"),
        (
            "role_policy set absolute_minutes = 1441 where role = 'patient'",
            "role_policy set absolute_minutes = 1440 where role = 'patient'",
        ),
    ] {
        let refused = attempt(&mut owner, &format!("update curtain.{wrong}")).await;
        assert!(
            matches!(&refused, Err(Refusal::Other(why)) if why.starts_with("23514")),
            "{wrong}: {refused:?}"
        );
        assert!(attempt(&mut owner, &format!("update curtain.{right}")).await.is_ok(), "{right}");
    }
    let second = attempt(&mut owner, "insert into curtain.practice_policy (one) values (true)").await;
    assert!(matches!(second, Err(Refusal::Other(_))), "one policy: {second:?}");
}

#[tokio::test]
async fn nobody_else_decides_and_no_administrator_as_somebody_else() {
    let world = World::seeded().await;
    let decision = "update curtain.practice_policy set password_minimum = 15";
    for (role, account) in [("credentials", IRIS), ("patient", ANA), ("clinician", LEE), ("auditor", PAUL)] {
        let (_, session) = world.sign_in_at(account, world.now).await;
        let mut connection = sql::connect(&world.database.url_as(&format!("curtain_{role}"))).await;
        sql::begin(&mut connection, Some(&session.token.context())).await;
        assert_eq!(attempt(&mut connection, decision).await, Err(Refusal::Denied), "{role}");
        sql::run(&mut connection, "rollback").await;
    }
    let (_, session) = world.sign_in_at(IRIS, world.now).await;
    let mut admin = sql::connect(&world.database.url_as("curtain_admin")).await;
    for forged in ["changed_by = null", "changed_at = now()", "version = 1"] {
        sql::begin(&mut admin, Some(&session.token.context())).await;
        let touched = attempt(&mut admin, &format!("update curtain.practice_policy set {forged}")).await;
        assert_eq!(touched, Err(Refusal::Denied), "{forged}");
        sql::run(&mut admin, "rollback").await;
    }
    let moved = "update curtain.role_policy set required_since = now()";
    sql::begin(&mut admin, Some(&session.token.context())).await;
    assert_eq!(attempt(&mut admin, moved).await, Err(Refusal::Denied));
    sql::run(&mut admin, "rollback").await;
    sql::begin(&mut admin, None).await;
    assert_eq!(attempt(&mut admin, decision).await, Ok(0), "nobody signed in");
    sql::run(&mut admin, "rollback").await;
}
