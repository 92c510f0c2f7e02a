//! A service behaves the same whether it is in this process or behind a connection: one suite for both, and one for what
//! only connections can do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

/// Each of these tests, called with both kinds of transport.
macro_rules! near_and_far {
    ($($test:ident),* $(,)?) => {
        mod near { $( #[tokio::test] async fn $test() { super::$test($crate::faulty::Place::Near).await; } )* }
        mod far { $( #[tokio::test] async fn $test() { super::$test($crate::faulty::Place::Far).await; } )* }
    };
}

mod bounds;
mod broken_peers;
mod calls;
mod connections;
mod faulty;
mod streams;
