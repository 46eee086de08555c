namespace OrleansOrchestrator.Kinds.Tests.Batch;

public class CronJobKindTests
{
    private const string Valid =
        "{'metadata':{'name':'night'},'spec':{'schedule':'0 3 * * *','jobTemplate':{'spec':{'template':{'spec':{'containers':[{'name':'c','image':'i:1'}],'restartPolicy':'OnFailure'}}}}}}";

    private static readonly KindCase CronJobs = new("cronjobs", "batch");

    [Fact]
    public void CronJob_Minimal_GetsKubernetesDefaults() => KindCase.ShouldBeJson(
        CronJobs.Created(Valid),
        """
        {"metadata":{"name":"night"},
         "spec":{"schedule":"0 3 * * *","concurrencyPolicy":"Allow","suspend":false,"successfulJobsHistoryLimit":3,"failedJobsHistoryLimit":1,
           "jobTemplate":{"spec":{"template":{
             "spec":{"containers":[{"name":"c","image":"i:1","imagePullPolicy":"IfNotPresent","resources":{},
                 "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
               "dnsPolicy":"ClusterFirst","restartPolicy":"OnFailure","schedulerName":"default-scheduler","securityContext":{},
               "terminationGracePeriodSeconds":30}}}}},
         "status":{}}
        """);

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'timeZone':'Europe/Paris'}", "")]
    [InlineData("{'schedule':''}", "spec.schedule: Required value")]
    [InlineData("{'schedule':'61 * * * *'}", "spec.schedule: Invalid value: \"61 * * * *\": end of range (61) above maximum (59): 61")]
    [InlineData("{'schedule':'CRON_TZ=UTC * * * * *'}", "spec.schedule: Invalid value: \"CRON_TZ=UTC * * * * *\": cannot use TZ or CRON_TZ in schedule, use timeZone field instead")]
    [InlineData("{'timeZone':''}", "spec.timeZone: Invalid value: \"\": timeZone must be nil or non-empty string")]
    [InlineData("{'timeZone':'local'}", "spec.timeZone: Invalid value: \"local\": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")]
    [InlineData("{'timeZone':'Europe/Pariss'}", "spec.timeZone: Invalid value: \"Europe/Pariss\": unknown time zone Europe/Pariss")]
    [InlineData("{'timeZone':'../etc/passwd'}", "spec.timeZone: Invalid value: \"../etc/passwd\": unknown time zone ../etc/passwd")]
    [InlineData("{'concurrencyPolicy':'Queue'}", "spec.concurrencyPolicy: Unsupported value: \"Queue\": supported values: \"Allow\", \"Forbid\", \"Replace\"")]
    [InlineData("{'startingDeadlineSeconds':-1}", "spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'failedJobsHistoryLimit':-1}", "spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'jobTemplate':{'spec':{'selector':{'matchLabels':{'a':'b'}}}}}", "spec.jobTemplate.spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\"}}: `selector` will be auto-generated")]
    [InlineData("{'jobTemplate':{'spec':{'manualSelector':true}}}", "spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: \"nil\", \"false\"")]
    [InlineData("{'jobTemplate':{'spec':{'template':{'spec':{'restartPolicy':'Always'}}}}}", "spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        CronJobs.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Fact]
    public void Name_TooLong_IsRefusedForNewOnesOnly()
    {
        var name = new string('a', 53);
        var named = Valid.Replace("night", name);
        CronJobs.Faults(named).ShouldBe($"metadata.name: Invalid value: \"{name}\": must be no more than 52 characters");
        CronJobs.UpdateFaults(named, named).ShouldBe("");
    }

    [Fact]
    public void Schedule_ThatHadAZone_MayKeepIt()
    {
        var zoned = KindCase.Merge(Valid, "{'spec':{'schedule':'TZ=UTC 0 3 * * *'}}");
        CronJobs.UpdateFaults(zoned, KindCase.Merge(zoned, "{'spec':{'suspend':true}}")).ShouldBe("");
        CronJobs.UpdateFaults(zoned, KindCase.Merge(zoned, "{'spec':{'timeZone':'Etc/UTC'}}")).ShouldBe(
            "spec.schedule: Invalid value: \"TZ=UTC 0 3 * * *\": cannot use both timeZone field and TZ or CRON_TZ in schedule");
    }

    [Fact]
    public void Row_OfACronJob_TellsItsSchedule()
    {
        CronJobs.Headings(wide: true).ShouldBe("Name | Schedule | Timezone | Suspend | Active | Last Schedule | Age | Containers | Images | Selector");
        CronJobs.Row(Valid, wide: true).ShouldBe("night | 0 3 * * * | <none> | <unset> | 0 | <none> | <unknown> | c | i:1 | <none>");
        CronJobs.Row(KindCase.Merge(Valid, "{'spec':{'suspend':true,'timeZone':'Etc/UTC'},'status':{'active':[{'name':'a'}],'lastScheduleTime':'2026-03-01T11:55:00Z'}}"))
            .ShouldBe("night | 0 3 * * * | Etc/UTC | True | 1 | 5m | <unknown>");
    }
}
