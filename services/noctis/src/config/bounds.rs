//! The numbers that make sense: nothing waits for no time or for ever, and what must hold something holds at least one.

use figment::Figment;

const DAY: u64 = 24 * 3600;
/// More than this of anything is a slip of the pen, and more than some queues can be made for.
const MANY: u64 = 1_000_000;
const BYTES: u64 = 1 << 50;

/// Every number of the default file: the least and the most it can be.
const BOUNDS: [(&str, u64, u64); 55] = [
    ("telemetry.queued_spans", 1, MANY),
    ("telemetry.flush_seconds", 0, 60),
    ("rpc.answer_seconds", 1, DAY),
    ("rpc.idle_seconds", 1, DAY),
    ("rpc.calls", 1, MANY),
    ("rpc.max_connections", 1, MANY),
    ("rpc.connection_seconds", 1, DAY),
    ("rpc.drain_seconds", 0, DAY),
    ("catalog.postgres.port", 1, 65_535),
    ("catalog.postgres.readers", 1, 10_000),
    ("catalog.postgres.writers", 1, 10_000),
    ("catalog.postgres.queue", 1, MANY),
    ("catalog.postgres.connect_seconds", 1, DAY),
    ("catalog.postgres.acquire_seconds", 1, DAY),
    ("catalog.postgres.statement_seconds", 1, DAY),
    ("catalog.postgres.lock_seconds", 1, DAY),
    ("archive.s3.connect_seconds", 1, DAY),
    ("archive.s3.stall_seconds", 1, DAY),
    ("archive.s3.retry_seconds", 1, DAY),
    ("archive.s3.reads", 1, 10_000),
    ("archive.s3.writes", 1, 10_000),
    ("gateway.store.max_request_bytes", 1, BYTES),
    ("gateway.store.max_parts", 1, u32::MAX as u64),
    ("gateway.store.idle_seconds", 1, DAY),
    ("gateway.store.drain_bytes", 0, BYTES),
    ("gateway.retrieve.max_frames", 1, u32::MAX as u64),
    ("gateway.retrieve.settled_metadata_bytes", 0, BYTES),
    ("gateway.serve.max_connections", 1, MANY),
    ("gateway.serve.head_seconds", 1, DAY),
    ("gateway.serve.max_head_bytes", 1024, u32::MAX as u64),
    ("gateway.serve.stall_seconds", 1, DAY),
    ("gateway.serve.drain_seconds", 0, DAY),
    ("ingest.max_instance_bytes", 1, BYTES),
    ("ingest.buffered_instance_bytes", 0, BYTES),
    ("ingest.buffer_bytes", 1, BYTES),
    ("ingest.metadata_bytes", 1, BYTES),
    ("ingest.requests", 1, MANY),
    ("ingest.writes_per_request", 1, 10_000),
    ("ingest.commit_instances", 1, MANY),
    ("ingest.commit_metadata_bytes", 1, BYTES),
    ("ingest.commit_seconds", 1, DAY),
    ("ingest.minimum_free_bytes", 0, 1 << 60),
    ("ingest.removal_grace_seconds", 0, 365 * DAY),
    ("ingest.heartbeat_seconds", 1, DAY),
    ("ingest.stale_seconds", 2, 30 * DAY),
    ("ingest.sweep_seconds", 1, DAY),
    ("ingest.data_set.header_bytes", 1, BYTES),
    ("ingest.data_set.depth", 1, u16::MAX as u64),
    ("ingest.data_set.elements", 1, u32::MAX as u64),
    ("ingest.data_set.fragments", 1, u32::MAX as u64),
    ("ingest.data_set.inflated_bytes", 1, BYTES),
    ("ingest.data_set.inline_value_bytes", 0, u32::MAX as u64),
    ("query.max_results", 1, u32::MAX as u64),
    ("retrieve.max_frames", 1, u32::MAX as u64),
    ("retrieve.pieces_ahead", 1, 10_000),
];

/// Of two settings the first is at most the second, divided by the number: why.
const ORDERS: [(&str, &str, u64, &str); 3] = [
    ("ingest.heartbeat_seconds", "ingest.stale_seconds", 2, "a request that lives would be taken for dead"),
    ("ingest.commit_metadata_bytes", "ingest.metadata_bytes", 1, "a request would wait for room that only it can make"),
    ("gateway.store.idle_seconds", "rpc.idle_seconds", 1, "the stream behind a request would be given up before it"),
];

/// Whether all numbers make sense, by themselves and together.
pub(super) fn check(settings: &Figment) -> anyhow::Result<()> {
    for (key, least, most) in BOUNDS {
        let Some(value) = number(settings, key) else { continue };
        anyhow::ensure!(value >= least.into(), "{key} = {value}: it is at least {least}");
        anyhow::ensure!(value <= most.into(), "{key} = {value}: it is at most {most}");
    }
    for (key, other, times, why) in ORDERS {
        let (Some(value), Some(bound)) = (number(settings, key), number(settings, other)) else { continue };
        let most = bound / u128::from(times);
        anyhow::ensure!(value <= most, "{key} = {value}: with {other} = {bound} it is at most {most}, else {why}");
    }
    Ok(())
}

fn number(settings: &Figment, key: &str) -> Option<u128> {
    let value = settings.find_value(key).ok()?;
    value.to_u128().or_else(|| u128::try_from(value.to_i128()?).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::BOUNDS;
    use crate::config::DEFAULT;

    fn numbers(table: &toml::Table, above: &str, found: &mut Vec<String>) {
        for (key, value) in table {
            match value {
                toml::Value::Table(table) => numbers(table, &format!("{above}{key}."), found),
                toml::Value::Integer(_) => found.push(format!("{above}{key}")),
                _ => {}
            }
        }
    }

    #[test]
    fn every_number_has_bounds() {
        let mut found = Vec::new();
        numbers(&DEFAULT.parse().unwrap(), "", &mut found);
        let mut bounded: Vec<String> = BOUNDS.iter().map(|(key, ..)| (*key).to_owned()).collect();
        found.sort();
        bounded.sort();
        assert_eq!(found, bounded);
    }
}
