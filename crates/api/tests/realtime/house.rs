//! A running Curtain of one test: its own database, its own port, its own forwarder.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use curtain_api::audit::AuditBook;
use curtain_api::mail::MailWay;
use curtain_api::realtime::{Hub, HubParts, media_feed};
use curtain_api::{HashingPermits, House, Settings, router};
use curtain_auth::{NewSession, PasswordCost, PasswordHasher, SessionToken, SystemEntropy, Throttle};
use curtain_domain::{AccountId, Clock, ManualClock, Role, SystemClock, Timestamp, VisitId};
use curtain_media::{Media, MediaConfig};
use curtain_storage::demo::{ACCOUNTS, DemoSeed, PRACTICE_ID};
use curtain_storage::testing::TestDatabase;
use curtain_storage::{Store, Visit};
use curtain_vault::{KeyEncryptionKey, Vault};

use crate::log_tap;

/// The origin of every test's house.
pub(crate) const ORIGIN: &str = "http://localhost:8443";

/// The demo's people, by their place in its list.
pub(crate) const LEE: usize = 0;
pub(crate) const OKAFOR: usize = 1;
pub(crate) const ANA: usize = 2;
pub(crate) const BEN: usize = 3;
pub(crate) const IRIS: usize = 4;

/// A running server.
pub(crate) struct TestHouse {
    pub(crate) address: SocketAddr,
    pub(crate) store: Store,
    pub(crate) hub: Hub,
    pub(crate) clock: Arc<ManualClock>,
    /// Lee's visit with Ana, due now.
    pub(crate) visit: VisitId,
    /// Lee's visit with Ben.
    pub(crate) bens_visit: VisitId,
    // Dropped last: the database goes when nobody uses it any more.
    _database: TestDatabase,
}

/// A session and its cookie.
pub(crate) struct SignedIn {
    pub(crate) session: NewSession,
    pub(crate) cookie: String,
}

impl TestHouse {
    pub(crate) async fn open() -> Self {
        log_tap::listen();
        let database = TestDatabase::fresh().await;
        let store = database.store().await;
        let now = SystemClock.now();
        let clock = Arc::new(ManualClock::new(now));
        let entropy = Arc::new(SystemEntropy::default());
        let key = KeyEncryptionKey::demo().expect("the demo key");
        let checkpoints = key.checkpoint_key(PRACTICE_ID).expect("a key");
        let vault = Arc::new(Vault::new(key, PRACTICE_ID, entropy.clone()));
        seed(&database, &vault, now, entropy.as_ref()).await;

        let (sink, media_news) = media_feed();
        let media =
            MediaConfig { threads: NonZeroUsize::MIN, ..MediaConfig::on(IpAddr::V4(Ipv4Addr::LOCALHOST)) };
        let media = Arc::new(Media::start(&media, sink).expect("a free UDP port"));
        let hub = Hub::start(HubParts {
            store: store.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            media,
            media_news,
        });
        let cost = PasswordCost { memory_kib: 8, passes: 1, ..PasswordCost::default() };
        let house = House {
            store: store.clone(),
            vault,
            clock: clock.clone(),
            hasher: Arc::new(PasswordHasher::new(cost, entropy.as_ref()).expect("a small cost")),
            entropy,
            settings: Arc::new(Settings {
                public_origin: ORIGIN.parse().expect("an origin"),
                trusted_proxies: Vec::new(),
                log_client_addresses: true,
                mail: MailWay::Off,
            }),
            hashing: HashingPermits::new(1),
            throttle: Arc::new(Mutex::new(Throttle::new())),
            audit: Arc::new(AuditBook::new(checkpoints, PRACTICE_ID, None)),
            hub: hub.clone(),
        };
        let address = serve(house).await;
        let mut this = Self {
            address,
            store,
            hub,
            clock,
            visit: VisitId::from_uuid(uuid::Uuid::nil()),
            bens_visit: VisitId::from_uuid(uuid::Uuid::nil()),
            _database: database,
        };
        (this.visit, this.bens_visit) = this.visits_of_lee().await;
        this
    }

    async fn visits_of_lee(&self) -> (VisitId, VisitId) {
        let lee = self.sign_in(LEE).await;
        let now = self.clock.now();
        let mut scope = self.store.credentials().begin().await.expect("a scope");
        let stored = scope.session(lee.session.token.hash()).await.expect("an answer").expect("a session");
        let lee =
            stored.admit(&lee.session.token, now).expect("a live session").into_clinician().expect("Lee");
        let visits =
            self.store.clinician(&lee).begin().await.expect("a scope").visits().await.expect("visits");
        let of = |patient: usize| {
            visits
                .iter()
                .find(|visit| visit.patient.account == ACCOUNTS[patient].account)
                .expect("a visit")
                .id
        };
        (of(ANA), of(BEN))
    }

    /// A session as signing in makes it.
    pub(crate) async fn sign_in(&self, who: usize) -> SignedIn {
        let person = &ACCOUNTS[who];
        let session = NewSession::issue(person.role, self.clock.now(), &SystemEntropy::default());
        let mut scope = self.store.credentials().begin().await.expect("a scope");
        assert!(scope.create_session(person.account, &session).await.expect("an answer"));
        scope.commit().await.expect("stored");
        let cookie = format!("session={}", text(&session.token));
        SignedIn { session, cookie }
    }

    /// The visit as stored.
    pub(crate) async fn stored(&self, visit: VisitId) -> Visit {
        let mut scope = self.store.worker().begin().await.expect("a scope");
        scope.visit(visit).await.expect("an answer").expect("the visit")
    }
}

pub(crate) fn text(token: &SessionToken) -> String {
    token.to_text().to_string()
}

pub(crate) fn account(who: usize) -> AccountId {
    ACCOUNTS[who].account
}

async fn seed(database: &TestDatabase, vault: &Vault, now: Timestamp, entropy: &SystemEntropy) {
    let credential_key = vault.new_data_key(None, now).expect("a key");
    let mut owner = database.owner().await;
    let seed = DemoSeed { credential_key, credentials: Vec::new() };
    owner.seed_demo(&seed, now).await.expect("the demo's people");
    owner.refresh_demo(now, entropy).await.expect("the demo's visits");
    assert_eq!(ACCOUNTS[IRIS].role, Role::Administrator);
}

async fn serve(house: House) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let service = router(house).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}
