using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Controllers.CronJobs;

/// <summary>The job of one time of a cron job's schedule. Its name tells the minute, so that no time has two jobs at once.</summary>
internal static class ScheduledJob
{
    private const string TimeAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp";

    /// <summary>Makes the Job.</summary>
    /// <param name="cronJob">The cron job.</param>
    /// <param name="time">The scheduled time.</param>
    /// <param name="zone">The time zone in which the Job's annotation gives the time.</param>
    public static V1Job Create(V1CronJob cronJob, DateTimeOffset time, TimeZoneInfo zone)
    {
        var template = cronJob.Spec.JobTemplate;
        return new V1Job
        {
            ApiVersion = $"{V1Job.KubeGroup}/{V1Job.KubeApiVersion}",
            Kind = V1Job.KubeKind,
            Metadata = new V1ObjectMeta
            {
                NamespaceProperty = cronJob.Metadata.NamespaceProperty,
                Name = NameAt(cronJob, time),
                Labels = template.Metadata?.Labels is { } labels ? new Dictionary<string, string>(labels) : null,
                Annotations = new Dictionary<string, string>(template.Metadata?.Annotations ?? new Dictionary<string, string>())
                {
                    [TimeAnnotation] = Rfc3339(TimeZoneInfo.ConvertTime(time, zone)),
                },
                OwnerReferences = [OwnerReferences.ControlledBy(cronJob)],
            },
            Spec = ObjectCodec.Clone(template.Spec),
        };
    }

    /// <summary>The name of the Job of a scheduled time.</summary>
    public static string NameAt(V1CronJob cronJob, DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"{cronJob.Metadata.Name}-{time.ToUnixTimeSeconds() / 60}");

    /// <summary>The time that a job is for; null if it is for none, as one that a user made from the cron job.</summary>
    public static DateTimeOffset? TimeOf(V1CronJob cronJob, V1Job job)
    {
        if (job.Metadata.Annotations?.TryGetValue(TimeAnnotation, out var text) is not true
            || !job.Metadata.Name.StartsWith(cronJob.Metadata.Name + "-", StringComparison.Ordinal)
            || !int.TryParse(job.Metadata.Name.AsSpan(cronJob.Metadata.Name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var minutes))
        {
            return null;
        }

        // The name tells the minute; the times of an interval have seconds.
        var minute = DateTimeOffset.FromUnixTimeSeconds(minutes * 60L);
        return DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            && time >= minute && time - minute < TimeSpan.FromMinutes(1) ? time : minute;
    }

    private static string Rfc3339(DateTimeOffset time) => time.Offset == TimeSpan.Zero
        ? time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
        : time.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
}
