//! Connections between one person's work and the next person's.

use curtain_storage::{StorageError, Store, StoreConfig};

use crate::support::World;

#[tokio::test]
async fn one_connection_serves_two_people_and_mixes_nothing() {
    let world = World::seeded().await;
    let config = StoreConfig { connections_per_scope: 1, ..StoreConfig::new(world.database.owner_url()) };
    let store = Store::connect(config).await.unwrap();
    let (ana, ben) = (world.ana().await, world.ben().await);
    for _ in 0..20 {
        for who in [&ana, &ben] {
            let mut scope = store.patient(who).begin().await.unwrap();
            let visits = scope.visits().await.unwrap();
            assert!(visits.len() == 1 && visits[0].patient.account == who.account());
            scope.commit().await.unwrap();
        }
    }
}

#[tokio::test]
async fn work_abandoned_half_way_leaves_a_clean_connection() {
    let world = World::seeded().await;
    let config = StoreConfig { connections_per_scope: 1, ..StoreConfig::new(world.database.owner_url()) };
    let store = Store::connect(config).await.unwrap();
    let lee = world.lee().await;
    for _ in 0..5 {
        let mut scope = store.clinician(&lee).begin().await.unwrap();
        scope.create_visit(crate::support::BEN, world.now, world.now, &*world.entropy).await.unwrap();
        drop(scope);
        let mut scope = store.clinician(&lee).begin().await.unwrap();
        assert_eq!(scope.visits().await.unwrap().len(), 2, "nothing of it stayed");
    }
}

#[tokio::test]
async fn a_database_that_is_gone_is_unavailable_not_a_panic() {
    let world = World::seeded().await;
    let url = world.database.owner_url();
    drop(world);
    let config = StoreConfig { acquire_timeout: std::time::Duration::from_secs(1), ..StoreConfig::new(url) };
    let refused = Store::connect(config).await.err().unwrap();
    assert!(matches!(refused, StorageError::Unavailable | StorageError::Refused(_)), "{refused}");
    assert_eq!(Store::connect(StoreConfig::new("nonsense")).await.err(), Some(StorageError::BadUrl));
}
