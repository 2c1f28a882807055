//! Alerts in Postgres: raised once, seen by whoever says so and nobody else, told to administrators alone.

use core::time::Duration;

use curtain_domain::{AccountId, SessionId};
use curtain_storage::{AlertKind, AlertRule, AuditEvent, AuditKind, Counted, Sighting};

use crate::support::sql::{self, Refusal};
use crate::support::{ANA, BEN, HOUR, IRIS, LEE, World};

const MINUTES: Duration = Duration::from_mins(5);
const SECOND: Duration = Duration::from_secs(1);
const THREE_OF_ONE: AlertRule = AlertRule {
    kind: AlertKind::FailedSignInsOfOne,
    events: &[AuditKind::SignInFailed],
    counted: Counted::OfOne,
    within: MINUTES,
    at_least: 3,
    quiet: HOUR,
};

impl World {
    /// Somebody failed to sign in, so long after the beginning.
    async fn fail(&self, person: Option<AccountId>, after: Duration) {
        let mut scope = self.store.credentials().begin().await.unwrap();
        scope.record(None, &AuditEvent::SignInFailed { person }, self.now + after).await.unwrap();
        scope.commit().await.unwrap();
    }

    async fn look(&self, rule: &AlertRule, since: Duration) -> Vec<Sighting> {
        let mut scope = self.store.worker().begin().await.unwrap();
        scope.alert_watch().look(rule, self.now + since).await.unwrap()
    }

    async fn raise(&self, seen: &Sighting, at: Duration) -> bool {
        let now = self.now + at;
        let mut scope = self.store.worker().begin().await.unwrap();
        let id = SessionId::new(now, &*self.entropy);
        let new =
            scope.alert_watch().raise(id, AlertKind::FailedSignInsOfOne, seen, HOUR, now).await.unwrap();
        scope.commit().await.unwrap();
        new
    }

    fn sighting(&self, about: AccountId, count: u64, first: Duration, last: Duration) -> Sighting {
        Sighting { about: Some(about), count, first_at: self.now + first, last_at: self.now + last }
    }
}

#[tokio::test]
async fn what_is_counted_lies_within_the_time_of_the_rule() {
    let world = World::seeded().await;
    for after in [0, 200, 301, 400] {
        world.fail(Some(ANA), SECOND * after).await;
    }
    world.fail(Some(BEN), SECOND).await;
    world.fail(None, SECOND).await;
    assert_eq!(
        world.look(&THREE_OF_ONE, SECOND * 350).await,
        [world.sighting(ANA, 3, SECOND * 200, SECOND * 400)]
    );
    assert!(world.look(&THREE_OF_ONE, SECOND * 400).await.is_empty(), "nothing is new after that");
    let four = AlertRule { at_least: 4, ..THREE_OF_ONE };
    assert!(world.look(&four, Duration::ZERO).await.is_empty(), "the first is five minutes and a second off");
}

#[tokio::test]
async fn a_burst_ends_where_the_time_ends() {
    let world = World::seeded().await;
    for after in [0, 100, 300] {
        world.fail(Some(ANA), SECOND * after).await;
    }
    assert_eq!(world.look(&THREE_OF_ONE, SECOND).await, [world.sighting(ANA, 3, Duration::ZERO, MINUTES)]);
}

#[tokio::test]
async fn the_whole_practice_is_counted_with_those_that_nobody_knows() {
    let world = World::seeded().await;
    for (person, after) in [(Some(ANA), 1), (None, 2), (Some(BEN), 3)] {
        world.fail(person, SECOND * after).await;
    }
    let of_all = AlertRule { counted: Counted::All, ..THREE_OF_ONE };
    let found = world.look(&of_all, Duration::ZERO).await;
    assert_eq!((found.len(), found[0].about, found[0].count), (1, None, 3));
}

#[tokio::test]
async fn an_alert_that_goes_on_grows_and_one_that_was_seen_does_not() {
    let world = World::seeded().await;
    assert!(world.raise(&world.sighting(ANA, 3, Duration::ZERO, SECOND), SECOND).await);
    assert!(!world.raise(&world.sighting(ANA, 5, SECOND, MINUTES), MINUTES).await, "the same goes on");
    assert!(world.raise(&world.sighting(BEN, 3, Duration::ZERO, SECOND), SECOND).await, "somebody else");
    assert!(world.raise(&world.sighting(ANA, 3, HOUR * 2, HOUR * 2), HOUR * 2).await, "long after");

    let iris = world.iris().await;
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    let alerts = scope.alerts().newest(10).await.unwrap();
    let counts: Vec<u64> = alerts.iter().map(|alert| alert.count).collect();
    assert_eq!((counts, scope.alerts().unseen().await.unwrap()), (vec![3, 5, 3], 3));
    let newest = alerts[0].id;
    let seen = scope.alerts().see(newest, IRIS, world.now).await.unwrap();
    assert_eq!(seen, Some(Some((AlertKind::FailedSignInsOfOne, Some(ANA)))));
    assert_eq!(scope.alerts().see(newest, IRIS, world.now).await.unwrap(), Some(None), "once");
    let unknown = SessionId::new(world.now, &*world.entropy);
    assert_eq!(scope.alerts().see(unknown, IRIS, world.now).await.unwrap(), None);
    scope.commit().await.unwrap();
    assert!(world.raise(&world.sighting(ANA, 3, HOUR * 2 + SECOND, HOUR * 2 + SECOND), HOUR * 2).await);
}

#[tokio::test]
async fn events_of_an_alert_that_was_seen_do_not_count_again() {
    let world = World::seeded().await;
    for after in 1..4 {
        world.fail(Some(ANA), SECOND * after).await;
    }
    let found = world.look(&THREE_OF_ONE, Duration::ZERO).await;
    assert!(world.raise(&found[0], SECOND * 3).await);
    let mut owner = sql::connect(&world.database.owner_url()).await;
    sql::run(&mut owner, &format!("update curtain.alert set seen_at = now(), seen_by = '{IRIS}'")).await;
    for after in 4..6 {
        world.fail(Some(ANA), SECOND * after).await;
    }
    assert!(world.look(&THREE_OF_ONE, Duration::ZERO).await.is_empty(), "two are new, not five");
    world.fail(Some(ANA), SECOND * 6).await;
    assert_eq!(world.look(&THREE_OF_ONE, Duration::ZERO).await[0].first_at, world.now + SECOND * 4);
}

#[tokio::test]
async fn nobody_says_that_somebody_else_saw_an_alert() {
    let world = World::seeded().await;
    world.raise(&world.sighting(ANA, 3, Duration::ZERO, SECOND), SECOND).await;
    let iris = world.iris().await;
    let mut admin = sql::connect(&world.database.url_as("curtain_admin")).await;
    sql::begin(&mut admin, Some(iris.identity().context())).await;
    let forged = format!("update curtain.alert set seen_at = now(), seen_by = '{LEE}'");
    assert_eq!(sql::attempt(&mut admin, &forged).await, Err(Refusal::Policy));
    sql::run(&mut admin, "rollback").await;
    let paul = world.paul().await;
    let mut auditor = sql::connect(&world.database.url_as("curtain_auditor")).await;
    sql::begin(&mut auditor, Some(paul.identity().context())).await;
    assert_eq!(sql::attempt(&mut auditor, &forged).await, Err(Refusal::Denied));
}

#[tokio::test]
async fn the_watch_gets_the_addresses_of_administrators_and_no_others() {
    let world = World::seeded().await;
    let mut owner = sql::connect(&world.database.owner_url()).await;
    let suspended = "insert into curtain.account (id, email, name, role, state, created_at) \
        values (gen_random_uuid(), 'gone@x.example', 'Gone', 'administrator', 'suspended', now())";
    sql::run(&mut owner, suspended).await;
    let mut scope = world.store.worker().begin().await.unwrap();
    let told = scope.alert_watch().administrators().await.unwrap();
    let addresses: Vec<&str> = told.iter().map(|one| one.email.as_str()).collect();
    assert_eq!(addresses, ["iris@demo.curtain.example"]);
    let mut worker = sql::connect(&world.database.url_as("curtain_worker")).await;
    let all = sql::attempt(&mut worker, "select email from curtain.account").await;
    assert_eq!(all, Err(Refusal::Denied));
}

#[tokio::test]
async fn a_letter_is_due_once_for_a_kind_and_an_hour() {
    let world = World::seeded().await;
    world.raise(&world.sighting(ANA, 3, Duration::ZERO, SECOND), SECOND).await;
    world.raise(&world.sighting(BEN, 3, Duration::ZERO, SECOND), SECOND).await;
    let take = async |at: Duration| {
        let mut scope = world.store.worker().begin().await.unwrap();
        let now = world.now + HOUR + at;
        let due = scope.alert_watch().take_letters(now - HOUR, now).await.unwrap();
        scope.commit().await.unwrap();
        due
    };
    assert_eq!(take(Duration::ZERO).await, [(AlertKind::FailedSignInsOfOne, 2)]);
    assert_eq!(take(SECOND).await, []);
    world.raise(&world.sighting(LEE, 3, Duration::ZERO, SECOND), SECOND).await;
    assert_eq!(take(SECOND * 2).await, [], "within the hour");
    assert_eq!(take(HOUR + SECOND).await, [(AlertKind::FailedSignInsOfOne, 1)]);
}

#[tokio::test]
async fn a_break_is_raised_once_for_each_finding() {
    let world = World::seeded().await;
    let raise = async |entry, wrong| {
        let mut scope = world.store.worker().begin().await.unwrap();
        let id = SessionId::new(world.now, &*world.entropy);
        let new = scope
            .alert_watch()
            .raise_break(id, entry, wrong, world.now + Duration::from_secs(entry + wrong))
            .await;
        scope.commit().await.unwrap();
        new.unwrap()
    };
    assert!(raise(7, 1).await);
    assert!(!raise(7, 1).await);
    assert!(raise(7, 2).await, "more is wrong now");
    assert!(raise(3, 2).await, "further back");
}
