//! Dates and times that are asked for together: where both are ranges of one form, they are one range of moments (PS3.18
//! 8.3.4.1.1, PS3.4 C.2.2.2.5.4).

use catalog::{Match, Moment, SearchMatch, time_beside};

/// Joins what belongs together. Where a key has several values, each stands for itself.
pub(crate) fn combine(matches: &mut Vec<SearchMatch>) {
    let pairs: Vec<(usize, usize, Match)> = (0..matches.len()).filter_map(|date| pair(matches, date)).collect();
    for (date, _, moments) in &pairs {
        if let Some(date) = matches.get_mut(*date) {
            date.test = moments.clone();
        }
    }
    let mut at = 0;
    matches.retain(|_| {
        let joined = pairs.iter().any(|(_, time, _)| *time == at);
        at += 1;
        !joined
    });
}

/// The place of the time that belongs to a date, and what the two come to.
fn pair(matches: &[SearchMatch], date: usize) -> Option<(usize, usize, Match)> {
    let asked = matches.get(date)?;
    let beside = time_beside(asked.key)?;
    let mut same = matches.iter().filter(|other| other.key == asked.key);
    let mut times = matches.iter().enumerate().filter(|(_, other)| other.key == beside);
    let (time, tested) = times.next()?;
    if same.nth(1).is_some() || times.next().is_some() {
        return None;
    }
    Some((date, time, moments(&asked.test, &tested.test)?))
}

/// `None` unless both are ranges with the same ends.
fn moments(date: &Match, time: &Match) -> Option<Match> {
    let (Match::Range { from: first, to: last }, Match::Range { from, to }) = (date, time) else { return None };
    if first.is_some() != from.is_some() || last.is_some() != to.is_some() {
        return None;
    }
    let moment = |date: &Option<String>, time: &Option<String>| {
        let (date, time) = date.as_ref().zip(time.as_ref())?;
        Some(Moment { date: date.clone(), time: time.clone() })
    };
    Some(Match::Moments { from: moment(first, from), to: moment(last, to) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use dataset::SEARCH_KEYS;

    fn asked(keyword: &str, from: &str, to: &str) -> SearchMatch {
        let end = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let key = SEARCH_KEYS.iter().find(|key| key.keyword == keyword).unwrap();
        SearchMatch { key, test: Match::Range { from: end(from), to: end(to) } }
    }

    fn combined(mut matches: Vec<SearchMatch>) -> Vec<String> {
        combine(&mut matches);
        let end = |moment: &Option<Moment>| moment.as_ref().map(|end| format!("{}T{}", end.date, end.time));
        let show = |asked: &SearchMatch| match &asked.test {
            Match::Moments { from, to } => {
                format!("{} {}/{}", asked.key.keyword, end(from).unwrap_or_default(), end(to).unwrap_or_default())
            }
            _ => asked.key.keyword.to_owned(),
        };
        matches.iter().map(show).collect()
    }

    #[test]
    fn ranges_of_one_form_are_one() {
        let (date, time) = (asked("StudyDate", "20060705", "20060707"), asked("StudyTime", "1000", "1800"));
        let series = asked("SeriesDate", "20060705", "");
        let found = combined(vec![time, series.clone(), date]);
        assert_eq!(found, ["SeriesDate", "StudyDate 20060705T1000/20060707T1800"]);
        let found = combined(vec![series, asked("SeriesTime", "10", "")]);
        assert_eq!(found, ["SeriesDate 20060705T10/"]);
        let found = combined(vec![asked("ContentDate", "", "20060705"), asked("ContentTime", "", "10")]);
        assert_eq!(found, ["ContentDate /20060705T10"]);
    }

    #[test]
    fn other_forms_and_several_values_stand_for_themselves() {
        let date = asked("StudyDate", "20060705", "20060707");
        let time = asked("StudyTime", "1000", "");
        assert_eq!(combined(vec![date.clone(), time.clone()]), ["StudyDate", "StudyTime"]);
        let single = SearchMatch { test: Match::Single("10".into()), ..time };
        assert_eq!(combined(vec![date.clone(), single]), ["StudyDate", "StudyTime"]);
        let time = asked("StudyTime", "1000", "1800");
        assert_eq!(combined(vec![date.clone(), time.clone(), time.clone()]).len(), 3);
        assert_eq!(combined(vec![date.clone(), date, time]).len(), 3);
    }
}
