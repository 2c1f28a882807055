//! What raises an alert: one less does not, and two servers, a crash or looking again make no second one.

use core::time::Duration;

use curtain_api::alerts::look;
use curtain_domain::{AccountId, NoteVersion, Role, VisitId};
use curtain_storage::{Actor, AuditEvent, Factor, SignInRefusal, VisitOf};
use serde_json::{Value, json};

use super::{alerts, kinds, letters, told};
use crate::support::{Person, TestHouse};

const SECOND: Duration = Duration::from_secs(1);

impl TestHouse {
    /// So many events of one kind, a second apart.
    async fn happen(&self, times: u32, by: Option<Actor>, event: &AuditEvent) {
        for _ in 0..times {
            self.clock.advance(SECOND);
            let mut scope = self.store.credentials().begin().await.expect("a unit of work");
            scope.record(by, event, self.now()).await.expect("recorded");
            scope.commit().await.expect("committed");
        }
    }

    async fn fail(&self, times: u32, person: &Person) {
        let person = Some(person.id.parse().expect("an id"));
        self.happen(times, None, &AuditEvent::SignInFailed { person }).await;
    }

    /// A clinician opens the note of a patient that nobody else has.
    async fn read(&self, who: &Person, patients: u32) {
        let by = Actor { account: who.id.parse().expect("an id"), role: Role::Clinician, session: None };
        for _ in 0..patients {
            let patient = AccountId::new(self.now(), self.house.entropy.as_ref());
            let of = VisitOf { visit: VisitId::new(self.now(), self.house.entropy.as_ref()), patient };
            let read = AuditEvent::NoteRead { of, version: NoteVersion(1) };
            self.happen(2, Some(by), &read).await;
        }
    }

    /// How many alerts a look raises.
    async fn look(&self) -> usize {
        look(&self.house).await.expect("looked")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_failed_sign_ins_of_one_person_are_an_alert_and_nine_are_not() {
    let house = TestHouse::open().await;
    house.fail(9, &house.ana).await;
    house.fail(9, &house.ben).await;
    assert_eq!(house.look().await, 0);
    house.fail(1, &house.ana).await;
    assert_eq!(house.look().await, 1);
    let mut iris = house.sign_in(&house.iris).await;
    let alerts = alerts(&mut iris).await;
    assert_eq!(alerts["unseen"], 1);
    let alert = &alerts["alerts"][0];
    assert_eq!((&alert["kind"], &alert["count"]), (&json!("failed_sign_ins_of_one"), &json!(10)));
    assert_eq!(alert["about"], json!({"person": house.ana.id, "name": house.ana.name}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_further_apart_is_no_burst() {
    let house = TestHouse::open().await;
    for _ in 0..4 {
        house.fail(9, &house.ana).await;
        house.clock.advance(Duration::from_mins(5));
        assert_eq!(house.look().await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_is_found_however_the_looks_fall_into_it() {
    let house = TestHouse::open().await;
    for _ in 0..9 {
        house.fail(1, &house.ana).await;
        assert_eq!(house.look().await, 0);
    }
    house.fail(1, &house.ana).await;
    assert_eq!(house.look().await, 1);
    for _ in 0..5 {
        house.fail(1, &house.ana).await;
        assert_eq!(house.look().await, 0, "the same goes on");
    }
    let mut paul = house.sign_in(&house.paul).await;
    assert_eq!(alerts(&mut paul).await["alerts"][0]["count"], 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_factor_counts_and_so_does_confirming_in_a_session() {
    let house = TestHouse::open().await;
    let lee: AccountId = house.lee.id.parse().expect("an id");
    house.fail(4, &house.lee).await;
    house.happen(3, None, &AuditEvent::CodeWrong { person: lee, factor: Factor::Totp }).await;
    let by = Actor { account: lee, role: Role::Clinician, session: None };
    house.happen(2, Some(by), &AuditEvent::StepUpFailed(Factor::Totp)).await;
    assert_eq!(house.look().await, 0);
    house.happen(1, Some(by), &AuditEvent::StepUpFailed(Factor::Totp)).await;
    assert_eq!(house.look().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_failures_of_anybody_are_an_alert_about_the_practice() {
    let house = TestHouse::open().await;
    house.happen(30, None, &AuditEvent::SignInFailed { person: None }).await;
    house.fail(5, &house.ana).await;
    let throttled = AuditEvent::SignInThrottled { person: None, why: SignInRefusal::TooMany };
    house.happen(14, None, &throttled).await;
    assert_eq!(house.look().await, 0);
    house.happen(1, None, &throttled).await;
    assert_eq!(house.look().await, 1);
    let mut iris = house.sign_in(&house.iris).await;
    let alert = alerts(&mut iris).await["alerts"][0].clone();
    assert_eq!(
        (&alert["kind"], &alert["about"], &alert["count"]),
        (&json!("failed_sign_ins"), &Value::Null, &json!(50))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_patients_in_an_hour_are_an_alert_about_the_reader() {
    let house = TestHouse::open().await;
    house.read(&house.lee, 19).await;
    house.read(&house.okafor, 3).await;
    assert_eq!(house.look().await, 0);
    house.clock.advance(Duration::from_hours(1));
    house.read(&house.lee, 19).await;
    assert_eq!(house.look().await, 0, "nineteen in each of two hours");
    house.read(&house.lee, 1).await;
    assert_eq!(house.look().await, 1);
    let mut iris = house.sign_in(&house.iris).await;
    let alert = alerts(&mut iris).await["alerts"][0].clone();
    assert_eq!((&alert["kind"], &alert["count"]), (&json!("many_records_read"), &json!(20)));
    assert_eq!(alert["about"]["name"], json!(house.lee.name));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reset_of_a_factor_is_an_alert() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    for person in [&house.lee, &house.okafor] {
        let path = format!("/api/v1/people/{}/reset-second-factor", person.id);
        iris.post(&path, json!({"identity_check": "in_person"})).await.expect(200);
    }
    assert_eq!((house.look().await, house.look().await), (2, 0));
    assert_eq!(kinds(&mut iris).await, ["factor_reset", "factor_reset"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_raise_one_alert_and_write_one_letter() {
    let house = TestHouse::open().await;
    for round in 1..=5 {
        house.clock.advance(Duration::from_hours(2));
        house.fail(10, &house.ana).await;
        let (one, two, three) = tokio::join!(look(&house.house), look(&house.house), look(&house.house));
        let raised = one.expect("looked") + two.expect("looked") + three.expect("looked");
        assert_eq!((raised, told(&house, &house.iris).await.len()), (1, round));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_breaks_off_loses_nothing_and_the_next_one_raises_once() {
    let house = TestHouse::open().await;
    house.fail(10, &house.ana).await;
    house.tamper("revoke insert on curtain.mail from curtain_worker").await;
    look(&house.house).await.expect_err("the letter can't be queued");
    // A server that was away for long begins where the last one ended.
    house.clock.advance(Duration::from_hours(30));
    let columns =
        "id, kind, key, wrapped_by, wrapped, sealed_message, next_attempt_at, created_at, expires_at";
    house.tamper(&format!("grant insert ({columns}) on curtain.mail to curtain_worker")).await;
    assert_eq!((house.look().await, letters(&house).await.len()), (1, 1));
    assert_eq!((house.look().await, letters(&house).await.len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_set_back_does_not_blind_the_watch() {
    let house = TestHouse::open().await;
    // As far as a server looked whose clock was wrong.
    house.tamper("update curtain.alert_watch set looked_until = now() + interval '5 hours'").await;
    house.fail(10, &house.ana).await;
    assert_eq!(house.look().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_get_one_letter_an_hour_for_a_kind() {
    let house = TestHouse::open().await;
    let subject = "An alert of your practice's video visits";
    house.fail(10, &house.ana).await;
    house.look().await;
    house.fail(10, &house.ben).await;
    house.look().await;
    assert_eq!(told(&house, &house.iris).await, [subject]);
    house.clock.advance(Duration::from_mins(61));
    house.look().await;
    assert_eq!(told(&house, &house.iris).await, [subject; 2], "Ben's was not told yet");
    house.clock.advance(Duration::from_mins(61));
    house.look().await;
    assert_eq!(letters(&house).await.len(), 2, "and nobody else is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_through_the_screens_ends_in_an_alert() {
    let house = TestHouse::open().await;
    let mut stranger = house.browser();
    let wrong = json!({"email": house.ana.email, "password": "zq wrong guess"});
    house.mark("zq wrong guess");
    for _ in 0..10 {
        // As long as the delays ask for; the five minutes are long enough for all of them.
        house.clock.advance(Duration::from_secs(33));
        stranger.post("/api/v1/sign-in", wrong.clone()).await.expect_problem(401, "sign_in_failed");
    }
    assert_eq!(house.look().await, 1);
    let mut iris = house.sign_in(&house.iris).await;
    assert_eq!(kinds(&mut iris).await, ["failed_sign_ins_of_one"]);
}
