-- Nothing uses reminders: what has to happen later is queued again by whoever starts.
DROP TABLE orleans_reminders;

DELETE FROM orleansquery WHERE querykey IN (
    'UpsertReminderRowKey', 'ReadReminderRowKey', 'ReadReminderRowsKey', 'ReadRangeRows1Key', 'ReadRangeRows2Key',
    'DeleteReminderRowKey', 'DeleteReminderRowsKey');
