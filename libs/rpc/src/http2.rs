//! What both ends of a connection between processes agree on.

use std::time::Duration;

/// Bytes that may come of one call before they are asked for.
pub(crate) const STREAM_WINDOW: u32 = 1 << 20;
/// Calls that a caller has on one connection; for more it opens another.
pub(crate) const STREAMS: u32 = 64;
/// Bytes that may come of all calls on a connection. So many that calls whose bytes nobody takes leave room for all
/// others: with less, a few slow readers hold up everybody.
pub(crate) const CONNECTION_WINDOW: u32 = STREAMS * STREAM_WINDOW;
/// Calls on one connection that a callee allows: more than a caller uses, as the end of a call is known on its side
/// first.
pub(crate) const STREAMS_ALLOWED: u32 = 2 * STREAMS;
/// Bytes of the names and values of a head.
pub(crate) const HEAD: u32 = 64 << 10;
/// Silence after which the other end is asked whether it is there.
pub(crate) const ASK_AFTER: Duration = Duration::from_secs(5);
/// How long it has to answer that.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(5);
