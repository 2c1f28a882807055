//! Who sees the alerts, and who says that they saw one.

use curtain_api::alerts::look;
use serde_json::json;

use super::{alerts, kinds};
use crate::support::{Browser, TestHouse};

/// A house with one alert: Lee's factor was reset by Iris.
async fn with_an_alert() -> (TestHouse, Browser) {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let path = format!("/api/v1/people/{}/reset-second-factor", house.lee.id);
    iris.post(&path, json!({"identity_check": "in_person"})).await.expect(200);
    assert_eq!(look(&house.house).await.expect("looked"), 1);
    (house, iris)
}

async fn actions(browser: &mut Browser) -> Vec<(String, String)> {
    let found = browser.get("/api/v1/audit").await.expect(200).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let events = found["events"].as_array().expect("events").iter();
    events.map(|event| (text(&event["action"]), text(&event["detail"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_seen_once_and_both_are_written_down() {
    let (house, mut iris) = with_an_alert().await;
    let alert = alerts(&mut iris).await["alerts"][0].clone();
    let path = format!("/api/v1/alerts/{}/seen", alert["id"].as_str().expect("an id"));
    iris.post(&path, json!({})).await.expect(204);
    iris.post(&path, json!({})).await.expect(204);
    let after = alerts(&mut iris).await;
    assert_eq!(
        (&after["unseen"], &after["alerts"][0]["seen_by"]["name"]),
        (&json!(0), &json!(house.iris.name))
    );
    let written: Vec<_> =
        actions(&mut iris).await.into_iter().filter(|(action, _)| action.starts_with("alert_")).collect();
    let both = [("alert_seen", "factor_reset"), ("alert_raised", "factor_reset")];
    assert_eq!(written, both.map(|(action, detail)| (action.to_owned(), detail.to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_reads_alerts_and_can_not_put_them_away() {
    let (house, mut iris) = with_an_alert().await;
    let mut paul = house.sign_in(&house.paul).await;
    let alert = alerts(&mut paul).await["alerts"][0].clone();
    let path = format!("/api/v1/alerts/{}/seen", alert["id"].as_str().expect("an id"));
    paul.post(&path, json!({})).await.expect_problem(403, "not_allowed");
    assert_eq!(kinds(&mut iris).await, ["factor_reset"]);
    assert_eq!(alerts(&mut iris).await["unseen"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_for_alerts_in_the_background_keeps_nobody_signed_in() {
    let (house, mut iris) = with_an_alert().await;
    let mut ask = iris.request(&http::Method::GET, "/api/v1/alerts", axum::body::Body::empty());
    ask.headers_mut().insert("x-curtain-background", http::HeaderValue::from_static("1"));
    house.clock.advance(core::time::Duration::from_mins(10));
    iris.send(ask).await.expect(200);
    house.clock.advance(core::time::Duration::from_mins(10));
    iris.get("/api/v1/alerts").await.expect_problem(401, "signed_out");
}
