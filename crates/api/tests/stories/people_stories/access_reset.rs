//! Password and second factor lost together (AU10): two administrators, the person told at both steps, and a new beginning.

use core::time::Duration;

use serde_json::{Value, json};

use super::{GOOD, activate, member, token_of};
use crate::support::{Browser, Person, TestHouse, code_of};

fn path(person: &Person, step: &str) -> String {
    format!("/api/v1/people/{}/access-reset{step}", person.id)
}

fn in_person() -> Value {
    json!({"identity_check": "in_person"})
}

/// Paul becomes an administrator too.
async fn two_administrators(house: &TestHouse) -> (Browser, Browser) {
    house.set_role(&house.paul, "administrator").await;
    (house.sign_in(&house.iris).await, house.sign_in(&house.paul).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_lost_both_begins_anew_when_two_say_so() {
    let house = TestHouse::open().await;
    let (mut iris, mut paul) = two_administrators(&house).await;
    let mut ben = house.sign_in(&house.ben).await;
    iris.post(&path(&house.ben, "/approve"), json!({})).await.expect_problem(409, "no_reset");
    let asked = iris.post(&path(&house.ben, ""), in_person()).await.expect(200).json();
    assert_eq!(asked["access_reset"]["requested_by"], json!(house.iris.id));
    iris.post(&path(&house.ben, ""), in_person()).await.expect_problem(409, "reset_waits");
    iris.post(&path(&house.ben, "/approve"), json!({})).await.expect_problem(409, "own_request");
    ben.get("/api/v1/me").await.expect(200);

    let approved = paul.post(&path(&house.ben, "/approve"), json!({})).await.expect(200);
    let token = token_of(&house, &approved);
    paul.post(&path(&house.ben, "/approve"), json!({})).await.expect_problem(409, "no_reset");
    ben.get("/api/v1/me").await.expect_problem(401, "signed_out");
    ben.post("/api/v1/sign-in", house.ben.password_form()).await.expect_problem(401, "sign_in_failed");
    assert_eq!(member(&mut iris, &house.ben.id).await["state"], "access_pending");

    let opened = ben.post("/api/v1/activation", json!({"token": token})).await.expect(200).json();
    assert_eq!(opened["step"], "password");
    let secret = activate(&house, &mut ben, &token, GOOD).await;
    ben.post("/api/v1/activation", json!({"token": token})).await.expect_problem(404, "link_invalid");
    ben.post("/api/v1/sign-in", house.ben.password_form()).await.expect_problem(401, "sign_in_failed");
    house.clock.advance(Duration::from_secs(30));
    let form = json!({"email": house.ben.email, "password": GOOD});
    ben.post("/api/v1/sign-in", form).await.expect(200);
    ben.post("/api/v1/sign-in/code", json!({"code": code_of(&secret, house.now())})).await.expect(200);
    // From here on a lost second factor alone is reset as ever: the password is asked for.
    let reset = format!("/api/v1/people/{}/reset-second-factor", house.ben.id);
    let token = token_of(&house, &iris.post(&reset, in_person()).await.expect(200));
    let opened = ben.post("/api/v1/activation", json!({"token": token})).await.expect(200).json();
    assert_eq!(opened["step"], "known_password");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_of_ones_own_or_without_a_fresh_factor_is_none() {
    let house = TestHouse::open().await;
    let (mut iris, mut paul) = two_administrators(&house).await;
    iris.post(&path(&house.iris, ""), in_person()).await.expect_problem(409, "own_account");
    iris.post(&path(&house.paul, ""), in_person()).await.expect(200);
    for step in ["/approve", "/withdraw"] {
        paul.post(&path(&house.paul, step), json!({})).await.expect_problem(409, "own_account");
    }
    iris.post(&path(&house.ben, ""), json!({"identity_check": "by mail"}))
        .await
        .expect_problem(422, "unprocessable");
    house.clock.advance(Duration::from_mins(6));
    for (step, body) in [("", in_person()), ("/approve", json!({})), ("/withdraw", json!({}))] {
        iris.post(&path(&house.ben, step), body).await.expect_problem(403, "fresh_factor_needed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withdrawn_is_not_approved_and_the_log_tells_each_step() {
    let house = TestHouse::open().await;
    let (mut iris, mut paul) = two_administrators(&house).await;
    iris.post(&path(&house.ben, ""), in_person()).await.expect(200);
    let seen = paul.post(&path(&house.ben, "/withdraw"), json!({})).await.expect(200).json();
    assert_eq!(seen["access_reset"], Value::Null);
    paul.post(&path(&house.ben, "/approve"), json!({})).await.expect_problem(409, "no_reset");
    house.sign_in(&house.ben).await.get("/api/v1/me").await.expect(200);
    for kind in ["access_reset_requested", "access_reset_withdrawn"] {
        let found = iris.get(&format!("/api/v1/audit?action={kind}&person={}", house.ben.id)).await.json();
        assert_eq!(found["events"].as_array().map(Vec::len), Some(1), "{kind}");
    }
}
