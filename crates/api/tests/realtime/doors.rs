//! Who gets no socket: told before the upgrade, and strangers learn nothing.

use http::{Method, StatusCode, header};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::browser::{Tab, refusal, upgrade};
use crate::house::{ANA, BEN, IRIS, LEE, OKAFOR, ORIGIN, TestHouse};

#[tokio::test]
async fn without_a_session_there_is_no_socket() {
    let house = TestHouse::open().await;
    let visit = house.visit.to_string();
    for cookie in ["session=", "session=AAAA", "other=1", &format!("session={}", "A".repeat(43))] {
        let (status, body) = refusal(upgrade(&house, cookie, &visit)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{cookie}");
        assert!(body.contains("signed_out"), "{body}");
    }
}

#[tokio::test]
async fn a_foreign_page_gets_no_socket_with_anybodys_cookie() {
    let house = TestHouse::open().await;
    let lee = house.sign_in(LEE).await;
    for origin in
        ["https://evil.example", "http://localhost:8444", "http://localhost:8443.evil.example", "null"]
    {
        let mut request = upgrade(&house, &lee.cookie, &house.visit.to_string());
        request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
        let (status, body) = refusal(request).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin}");
        assert!(body.contains("wrong_origin"), "{body}");
    }
    let mut request = upgrade(&house, &lee.cookie, &house.visit.to_string());
    request.headers_mut().remove(header::ORIGIN);
    assert_eq!(refusal(request).await.0, StatusCode::FORBIDDEN, "no Origin at all");
}

#[tokio::test]
async fn a_foreign_visit_looks_like_none() {
    let house = TestHouse::open().await;
    let missing = "01980000-0000-7000-8000-000000000000".to_owned();
    let foreign = house.visit.to_string();
    for stranger in [BEN, OKAFOR, IRIS] {
        let cookie = house.sign_in(stranger).await.cookie;
        let foreign = refusal(upgrade(&house, &cookie, &foreign)).await;
        let missing = refusal(upgrade(&house, &cookie, &missing)).await;
        let nonsense = refusal(upgrade(&house, &cookie, "nonsense")).await;
        assert_eq!(foreign.0, StatusCode::NOT_FOUND);
        assert_eq!(foreign, missing, "byte for byte");
        assert_eq!(foreign, nonsense);
    }
}

#[tokio::test]
async fn a_request_that_is_no_upgrade_is_told_so() {
    let house = TestHouse::open().await;
    let lee = house.sign_in(LEE).await;
    let mut stream = tokio::net::TcpStream::connect(house.address).await.unwrap();
    let request = format!(
        "{} /api/v1/visits/{}/socket HTTP/1.1\r\nhost: localhost\r\norigin: {ORIGIN}\r\ncookie: {}\r\nconnection: close\r\n\r\n",
        Method::GET,
        house.visit,
        lee.cookie
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
}

#[tokio::test]
async fn one_person_holds_four_sockets_and_no_fifth() {
    let house = TestHouse::open().await;
    let ana = house.sign_in(ANA).await.cookie;
    let mut tabs = Vec::new();
    for _ in 0..4 {
        tabs.push(Tab::open(&house, &ana, house.visit).await);
    }
    let (status, _) = refusal(upgrade(&house, &ana, &house.visit.to_string())).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let lee = house.sign_in(LEE).await.cookie;
    Tab::arrive(&house, &lee, house.visit).await;
}
