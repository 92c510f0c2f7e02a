//! Fields of spans as logs show them: without those that are for traces, whose names have a dot in them.

use std::fmt::{self, Debug};
use tracing::{
    field::{Field, Visit},
    span::Record,
};
use tracing_subscriber::{
    field::{RecordFields, VisitOutput as _},
    fmt::{
        FormatFields, FormattedFields,
        format::{DefaultVisitor, JsonVisitor, Writer},
    },
};

/// For people.
pub(super) struct TextFields;

/// For machines.
pub(super) struct JsonFields;

impl<'writer> FormatFields<'writer> for TextFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut visitor = DefaultVisitor::new(writer, true);
        fields.record(&mut Choosing(&mut visitor));
        visitor.finish()
    }

    fn add_fields(&self, _current: &'writer mut FormattedFields<Self>, _fields: &Record<'_>) -> fmt::Result {
        nothing_is_added()
    }
}

impl<'writer> FormatFields<'writer> for JsonFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut visitor = JsonVisitor::new(&mut writer);
        fields.record(&mut Choosing(&mut visitor));
        visitor.finish()
    }

    fn add_fields(&self, _current: &'writer mut FormattedFields<Self>, _fields: &Record<'_>) -> fmt::Result {
        nothing_is_added()
    }
}

/// Spans of ours say at their begin all that logs show of them; what comes later is for traces.
fn nothing_is_added() -> fmt::Result {
    Ok(())
}

struct Choosing<'a>(&'a mut dyn Visit);

fn is_for_logs(field: &Field) -> bool {
    !field.name().contains('.')
}

impl Visit for Choosing<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if is_for_logs(field) {
            self.0.record_debug(field, value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if is_for_logs(field) {
            self.0.record_str(field, value);
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        if is_for_logs(field) {
            self.0.record_i64(field, value);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if is_for_logs(field) {
            self.0.record_u64(field, value);
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if is_for_logs(field) {
            self.0.record_f64(field, value);
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if is_for_logs(field) {
            self.0.record_bool(field, value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        if is_for_logs(field) {
            self.0.record_error(field, value);
        }
    }
}
