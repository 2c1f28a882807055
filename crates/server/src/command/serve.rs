//! `curtain serve`: wires the crates together and answers until it is told to stop.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread::available_parallelism;

use anyhow::{Context as _, anyhow};
use curtain_api::alerts::Watch;
use curtain_api::audit::{AuditBook, Sealer};
use curtain_api::mail::MailWay;
use curtain_api::realtime::{Hub, HubParts, media_feed};
use curtain_api::{HashingPermits, House, Settings, router};
use curtain_auth::{PasswordCost, PasswordHasher, SystemEntropy, Throttle};
use curtain_domain::{Clock, Entropy, SystemClock};
use curtain_media::{Media, MediaConfig};
use curtain_storage::{Store, StoreConfig};
use curtain_vault::{KeyEncryptionKey, Vault};

use tokio::sync::watch;

use crate::config::{Config, ServeArgs};
use crate::mail::{Sender, Smtp};
use crate::{demo, listener, shutdown};

pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<()> {
    let config = args.check()?;
    let key = args.key.load()?;
    super::wait_for(serve(args, config, key))
}

async fn serve(args: &ServeArgs, config: Config, key: KeyEncryptionKey) -> anyhow::Result<()> {
    let socket = TcpListener::bind(config.listen)
        .with_context(|| format!("{} can't be listened on", config.listen))?;
    let address = socket.local_addr()?;
    let house = open_house(args, &config, key).await?;
    let (store, hub) = (house.store.clone(), house.hub.clone());
    let sealer = Sealer::start(store.clone(), Arc::clone(&house.clock), Arc::clone(&house.audit));
    let watch = Watch::start(house.clone());
    let server = listener::Listener::new(socket, &config).await?;
    let stop_sending = start_sending(&house, &config)?;
    tokio::spawn(stop_when_asked(server.handle(), hub.clone()));
    tracing::info!(%address, origin = %config.public_origin, "serving");
    server.serve(router(house)).await?;
    stop_sending.send_replace(true);
    hub.close(shutdown::WRITTEN_WITHIN).await;
    watch.stop(shutdown::SEALED_WITHIN).await;
    // After the last event is written.
    sealer.stop(shutdown::SEALED_WITHIN).await;
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Wires everything. Time and chance are born here.
async fn open_house(args: &ServeArgs, config: &Config, key: KeyEncryptionKey) -> anyhow::Result<House> {
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
        (Arc::new(SystemClock), Arc::new(SystemEntropy::new()));
    let url = &args.database.database_url;
    let store = Store::connect(StoreConfig::new(url)).await.context("the database can't be used")?;
    let cost = PasswordCost {
        memory_kib: args.password.password_memory_kib,
        passes: args.password.password_iterations,
        ..PasswordCost::default()
    };
    let hasher = PasswordHasher::new(cost, entropy.as_ref())?;
    if args.key.demo {
        demo::seed(url, &store, &hasher, clock.as_ref(), &entropy).await?;
    }
    let practice =
        store.practice().await?.context("there is no practice yet: run `curtain create-admin` first")?;
    demo::check_practice(&practice, args.key.demo)?;
    if args.audit_checkpoints.is_none() {
        tracing::warn!("no --audit-checkpoints: the heads of the audit log stay in the database");
    }
    let audit = AuditBook::new(key.checkpoint_key(practice.id)?, practice.id, args.audit_checkpoints.clone())
        .with_earlier_keys(args.audit_keys.earlier(practice.id)?);
    let vault = Arc::new(Vault::new(key, practice.id, Arc::clone(&entropy)));
    let hasher = with_pepper(hasher, &vault, &store, clock.as_ref()).await?;
    let hub = start_rooms(config, &store, &clock, &entropy)?;
    Ok(House {
        vault,
        settings: Arc::new(Settings {
            public_origin: config.public_origin.clone(),
            trusted_proxies: config.trusted_proxies.clone(),
            log_client_addresses: args.log_client_addresses,
            mail: mail_way(args, config),
        }),
        hashing: HashingPermits::new(available_parallelism().map_or(1, usize::from)),
        throttle: Arc::new(Mutex::new(Throttle::new())),
        audit: Arc::new(audit),
        store,
        clock,
        entropy,
        hasher: Arc::new(hasher),
        hub,
    })
}

/// From here on, hashes are made with the practice's pepper. Its data key for credentials is made on first use.
async fn with_pepper(
    hasher: PasswordHasher,
    vault: &Vault,
    store: &Store,
    clock: &dyn Clock,
) -> anyhow::Result<PasswordHasher> {
    let mut scope = store.credentials().begin().await?;
    let key = match scope.credential_key().await? {
        Some(key) => key,
        None => scope.keep_credential_key(&vault.new_data_key(None, clock.now())?, clock.now()).await?,
    };
    scope.commit().await?;
    let pepper = vault.pepper(&key).context("the key file is not the one of this database")?;
    Ok(hasher.with_pepper(pepper))
}

/// How letters leave. The demo's invented people have no mailboxes: theirs is a page, unless a mail server is set.
fn mail_way(args: &ServeArgs, config: &Config) -> MailWay {
    match (&config.mail, args.key.demo) {
        (Some(_), _) => MailWay::Smtp,
        (None, true) => MailWay::Outbox,
        (None, false) => MailWay::Off,
    }
}

/// Starts to send letters, if there is a mail server. True ends it.
fn start_sending(house: &House, config: &Config) -> anyhow::Result<watch::Sender<bool>> {
    let (stop, stopped) = watch::channel(false);
    if let Some(settings) = config.mail.clone() {
        let (store, vault, clock) = (house.store.clone(), Arc::clone(&house.vault), Arc::clone(&house.clock));
        let smtp = Smtp::new(settings).map_err(|_| anyhow!("--smtp-url can't be used"))?;
        tokio::spawn(Sender { store, vault, clock, smtp }.run(stopped));
    }
    Ok(stop)
}

/// The forwarder and, on top of it, the rooms of visits.
fn start_rooms(
    config: &Config,
    store: &Store,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> anyhow::Result<Hub> {
    let (events, media_news) = media_feed();
    let media = MediaConfig {
        bind: config.media_bind,
        first_port: config.media_port,
        ..MediaConfig::on(config.media_address)
    };
    let media = Media::start(&media, events).context("the media forwarder can't start")?;
    tracing::info!(address = %config.media_address, ports = ?media.ports(), "forwarding media");
    Ok(Hub::start(HubParts {
        store: store.clone(),
        clock: Arc::clone(clock),
        entropy: Arc::clone(entropy),
        media: Arc::new(media),
        media_news,
    }))
}

async fn stop_when_asked(handle: axum_server::Handle<SocketAddr>, hub: Hub) {
    if let Err(error) = shutdown::asked_for().await {
        tracing::error!(%error, "signals can't be heard: stopping");
    }
    tracing::info!("stopping");
    hub.stop();
    handle.graceful_shutdown(Some(shutdown::GRACE));
}
