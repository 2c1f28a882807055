//! A browser's side of a visit's socket. What the server can't read need not be real MLS.

use core::time::Duration;

use curtain_domain::{ParticipantId, VisitId};
use curtain_protocol::{
    ClientMessage, Commit, Envelope, Epoch, GroupChange, GroupId, KeyPackage, MediaGeneration,
    PrivateMessage, RefusalCode, ResumeToken, ServerMessage, Welcome,
};
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderValue, Request, StatusCode, header};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::house::{ORIGIN, TestHouse};

/// Longer than anything here takes; a test that waits so long has failed.
const SOON: Duration = Duration::from_secs(10);

/// A tab with a socket.
pub(crate) struct Tab {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    visit: VisitId,
    pub(crate) received: u64,
    pub(crate) token: Option<ResumeToken>,
    pub(crate) me: Option<ParticipantId>,
    /// The newest offer.
    pub(crate) offered: Option<MediaGeneration>,
}

/// The upgrade as a page of ours would ask for it.
pub(crate) fn upgrade(house: &TestHouse, cookie: &str, visit: &str) -> Request<()> {
    let address = format!("ws://{}/api/v1/visits/{visit}/socket", house.address);
    let mut request = address.into_client_request().expect("an address");
    request.headers_mut().insert(header::ORIGIN, HeaderValue::from_static(ORIGIN));
    request.headers_mut().insert(header::COOKIE, cookie.parse().expect("a header"));
    request
}

/// Status and body of an upgrade that is refused.
pub(crate) async fn refusal(request: Request<()>) -> (StatusCode, String) {
    match connect_async(request).await {
        Err(Error::Http(response)) => {
            let body = response.body().clone().unwrap_or_default();
            (response.status(), String::from_utf8(body).expect("text"))
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the socket opened"),
    }
}

impl Tab {
    pub(crate) async fn open(house: &TestHouse, cookie: &str, visit: VisitId) -> Self {
        let (socket, _) =
            connect_async(upgrade(house, cookie, &visit.to_string())).await.expect("the socket opens");
        Self { socket, visit, received: 0, token: None, me: None, offered: None }
    }

    /// Opens a socket, arrives, and hears that it has a place.
    pub(crate) async fn arrive(house: &TestHouse, cookie: &str, visit: VisitId) -> Self {
        let mut tab = Self::open(house, cookie, visit).await;
        tab.say(&ClientMessage::Arrive { key_package: KeyPackage::new(vec![7; 300]).expect("small") }).await;
        tab.hear_until("placed").await;
        tab
    }

    pub(crate) async fn say(&mut self, message: &ClientMessage) {
        self.say_raw(&serde_json::to_string(message).expect("JSON")).await;
    }

    pub(crate) async fn say_raw(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("the socket is open");
    }

    /// The next message; checks that numbers have no gaps.
    pub(crate) async fn hear(&mut self) -> ServerMessage {
        loop {
            let frame = tokio::time::timeout(SOON, self.socket.next()).await.expect("an answer in time");
            match frame.expect("the socket is open").expect("a frame") {
                Message::Text(text) => match self.take(&text) {
                    // Every few seconds, whatever else happens.
                    ServerMessage::Beat {} => {}
                    message => return message,
                },
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn take(&mut self, text: &str) -> ServerMessage {
        let Envelope { seq, message } = serde_json::from_str(text).expect("an envelope");
        if seq != 0 {
            assert_eq!(seq, self.received + 1, "nothing lost, nothing twice");
            self.received = seq;
        }
        if let ServerMessage::Placed { resume, participant, .. } = &message {
            (self.token, self.me) = (Some(resume.clone()), Some(*participant));
        }
        if let ServerMessage::Offer { generation, .. } = &message {
            self.offered = Some(*generation);
        }
        message
    }

    /// The next message of this type; those before it are dropped.
    pub(crate) async fn hear_until(&mut self, kind: &str) -> ServerMessage {
        loop {
            let message = self.hear().await;
            if name(&message) == kind {
                return message;
            }
        }
    }

    /// The code of the refusal that comes next, and whether it closes.
    pub(crate) async fn hear_refusal(&mut self) -> (RefusalCode, bool) {
        match self.hear_until("refused").await {
            ServerMessage::Refused(refusal) => (refusal.code, refusal.closing),
            other => panic!("{other:?}"),
        }
    }

    /// The close code that comes next, whatever else comes before it.
    pub(crate) async fn hear_close(&mut self) -> CloseCode {
        loop {
            let frame = tokio::time::timeout(SOON, self.socket.next()).await.expect("a close in time");
            match frame {
                Some(Ok(Message::Close(Some(close)))) => return close.code,
                Some(Ok(Message::Text(text))) => {
                    self.take(&text);
                }
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Everything that comes until a ping is answered: what the server said before it read that ping.
    pub(crate) async fn hear_all(&mut self) -> Vec<&'static str> {
        self.socket.send(Message::Ping(vec![1].into())).await.expect("the socket is open");
        let mut heard = Vec::new();
        loop {
            let frame = tokio::time::timeout(SOON, self.socket.next()).await.expect("a pong in time");
            match frame.expect("the socket is open").expect("a frame") {
                Message::Text(text) => match name(&self.take(&text)) {
                    "beat" => {}
                    kind => heard.push(kind),
                },
                Message::Pong(_) => return heard,
                _ => {}
            }
        }
    }

    pub(crate) fn me(&self) -> ParticipantId {
        self.me.expect("was placed")
    }

    /// A commit of the group that `open_group(_, 1)` opened, by the member on this leaf.
    pub(crate) async fn commit(
        &mut self,
        leaf: u32,
        epoch: u64,
        admits: &[ParticipantId],
        removes: &[ParticipantId],
    ) {
        self.say(&commit(self.visit, leaf, epoch, admits, removes)).await;
    }
}

pub(crate) fn open_group(visit: VisitId, number: u8) -> ClientMessage {
    let id = [visit.as_bytes().as_slice(), &[number; 8]].concat();
    ClientMessage::OpenGroup { group_id: GroupId::new(id).expect("24 bytes") }
}

/// Framed as MLS frames it (RFC 9420 §6); the server reads no more.
pub(crate) fn commit(
    visit: VisitId,
    leaf: u32,
    epoch: u64,
    admits: &[ParticipantId],
    removes: &[ParticipantId],
) -> ClientMessage {
    let group = [[0, 1, 0, 1, 24].as_slice(), visit.as_bytes(), &[1; 8]].concat();
    let sender = [[1].as_slice(), &leaf.to_be_bytes(), &[0, 3]].concat();
    let frame = [group, epoch.to_be_bytes().to_vec(), sender, vec![20; 700]].concat();
    ClientMessage::Commit(GroupChange {
        epoch: Epoch(epoch),
        commit: Commit::new(frame).expect("small"),
        welcome: (!admits.is_empty()).then(|| Welcome::new(vec![2; 900]).expect("small")),
        admits: admits.to_vec(),
        removes: removes.to_vec(),
    })
}

pub(crate) fn chat(epoch: u64, byte: u8) -> ClientMessage {
    ClientMessage::Application {
        epoch: Epoch(epoch),
        message: PrivateMessage::new(vec![byte; 60]).expect("small"),
        receipt: None,
    }
}

/// The message's type as it stands on the wire.
pub(crate) fn name(message: &ServerMessage) -> &'static str {
    const NAMES: [&str; 22] = [
        "placed",
        "resumed",
        "beat",
        "taken",
        "people",
        "waiting",
        "return",
        "return_refused",
        "commit",
        "stale_epoch",
        "welcome",
        "application",
        "gone",
        "group_restarted",
        "offer",
        "slots",
        "unsealed_media",
        "declined",
        "removed",
        "taken_over",
        "ended",
        "refused",
    ];
    let value = serde_json::to_value(message).expect("JSON");
    let kind = value["type"].as_str().expect("a type");
    NAMES.into_iter().find(|name| *name == kind).expect("a known type")
}
