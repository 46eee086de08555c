namespace OrleansOrchestrator.Kinds.Tests.Batch;

public class JobKindTests
{
    private const string Sent =
        "{'metadata':{'name':'pi','uid':'u1'},'spec':{'template':{'spec':{'containers':[{'name':'c','image':'i:1'}],'restartPolicy':'Never'}}}}";

    private static readonly KindCase Jobs = new("jobs", "batch");

    private static string Valid => Stored(Sent);

    private static string Indexed => Stored(KindCase.Merge(Sent, "{'spec':{'completionMode':'Indexed','completions':5,'parallelism':5}}"));

    [Fact]
    public void Job_Minimal_GetsDefaultsAndASelectorOfItsOwn() => KindCase.ShouldBeJson(
        Jobs.Created(Sent),
        """
        {"metadata":{"name":"pi","uid":"u1","labels":{"controller-uid":"u1","job-name":"pi",
             "batch.kubernetes.io/controller-uid":"u1","batch.kubernetes.io/job-name":"pi"}},
         "spec":{"backoffLimit":6,"completionMode":"NonIndexed","completions":1,"manualSelector":false,"parallelism":1,
           "podReplacementPolicy":"TerminatingOrFailed","suspend":false,
           "selector":{"matchLabels":{"batch.kubernetes.io/controller-uid":"u1"}},
           "template":{"metadata":{"labels":{"controller-uid":"u1","job-name":"pi",
               "batch.kubernetes.io/controller-uid":"u1","batch.kubernetes.io/job-name":"pi"}},
             "spec":{"containers":[{"name":"c","image":"i:1","imagePullPolicy":"IfNotPresent","resources":{},
                 "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
               "dnsPolicy":"ClusterFirst","restartPolicy":"Never","schedulerName":"default-scheduler","securityContext":{},
               "terminationGracePeriodSeconds":30}}},
         "status":{}}
        """);

    [Theory]
    [InlineData("{'parallelism':3}", "completions", null)]
    [InlineData("{'completions':3}", "parallelism", "1")]
    [InlineData("{'completionMode':'Indexed','completions':3,'backoffLimitPerIndex':1}", "backoffLimit", "2147483647")]
    [InlineData("{'podFailurePolicy':{'rules':[{'action':'Ignore','onPodConditions':[{'type':'X'}]}]}}", "podReplacementPolicy", "\"Failed\"")]
    [InlineData("{'podFailurePolicy':{'rules':[{'action':'Ignore','onPodConditions':[{'type':'X'}]}]}}", "podFailurePolicy", "{\"rules\":[{\"action\":\"Ignore\",\"onPodConditions\":[{\"status\":\"True\",\"type\":\"X\"}]}]}")]
    public void Defaults_OfAJob_DependOnWhatIsGiven(string spec, string field, string? value) =>
        Jobs.Created(KindCase.Merge(Sent, $"{{'spec':{spec}}}"))["spec"]![field]?.ToJsonString().ShouldBe(value);

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'parallelism':-1}", "spec.parallelism: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'maxFailedIndexes':1}", "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified\nspec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode")]
    [InlineData("{'managedBy':'me'}", "spec.managedBy: Invalid value: \"me\": must be a domain-prefixed path (such as \"acme.io/foo\")")]
    [InlineData("{'completionMode':'Some'}", "spec.completionMode: Unsupported value: \"Some\": supported values: \"NonIndexed\", \"Indexed\"")]
    [InlineData("{'completionMode':'Indexed','completions':null}", "spec.completions: Required value: when completion mode is Indexed")]
    [InlineData("{'completionMode':'Indexed','parallelism':100001}", "spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed")]
    [InlineData("{'completionMode':'Indexed','backoffLimitPerIndex':1,'maxFailedIndexes':2}", "spec.maxFailedIndexes: Invalid value: 2: must be less than or equal to completions")]
    [InlineData("{'completionMode':'Indexed','completions':100001,'backoffLimitPerIndex':1}", "spec.maxFailedIndexes: Required value: must be specified when completions is above 100000")]
    [InlineData("{'successPolicy':{'rules':[]}}", "spec.successPolicy: Invalid value: {\"rules\":[]}: requires indexed completion mode")]
    [InlineData("{'podReplacementPolicy':'Never'}", "spec.podReplacementPolicy: Unsupported value: \"Never\": supported values: \"Failed\", \"TerminatingOrFailed\"")]
    [InlineData("{'template':{'spec':{'restartPolicy':'Always'}}}", "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"")]
    [InlineData("{'selector':null}", "spec.selector: Required value\nspec.template.metadata.labels: Invalid value: {\"controller-uid\":\"u1\",\"job-name\":\"pi\",\"batch.kubernetes.io/controller-uid\":\"u1\",\"batch.kubernetes.io/job-name\":\"pi\"}: `selector` does not match template `labels`")]
    [InlineData("{'selector':{'matchLabels':{'batch.kubernetes.io/controller-uid':'u2'}}}", "spec.selector: Invalid value: {\"matchLabels\":{\"batch.kubernetes.io/controller-uid\":\"u2\"}}: `selector` not auto-generated\nspec.template.metadata.labels: Invalid value: {\"controller-uid\":\"u1\",\"job-name\":\"pi\",\"batch.kubernetes.io/controller-uid\":\"u1\",\"batch.kubernetes.io/job-name\":\"pi\"}: `selector` does not match template `labels`")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        Jobs.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("{'action':'FailJob','onExitCodes':{'operator':'In','values':[1,2]}}", "")]
    [InlineData("{'onExitCodes':{'operator':'In','values':[1]}}", ".action: Required value: valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]")]
    [InlineData("{'action':'FailIndex','onExitCodes':{'operator':'In','values':[1]}}", ".action: Invalid value: \"FailIndex\": requires the backoffLimitPerIndex to be set")]
    [InlineData("{'action':'Count'}", ": Invalid value: specifying one of OnExitCodes and OnPodConditions is required")]
    [InlineData("{'action':'Count','onExitCodes':{'operator':'In','values':[0]}}", ".onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator")]
    [InlineData("{'action':'Count','onExitCodes':{'operator':'In','values':[3,1]}}", ".onExitCodes.values: Invalid value: [3,1]: must be ordered")]
    [InlineData("{'action':'Count','onExitCodes':{'operator':'In','values':[1,1]}}", ".onExitCodes.values[1]: Duplicate value: 1")]
    [InlineData("{'action':'Count','onExitCodes':{'operator':'In','containerName':'x','values':[1]}}", ".onExitCodes.containerName: Invalid value: \"x\": must be one of the container or initContainer names in the pod template")]
    [InlineData("{'action':'Count','onPodConditions':[{'type':'X','status':'Maybe'}]}", ".onPodConditions[0].status: Unsupported value: \"Maybe\": supported values: \"False\", \"True\", \"Unknown\"")]
    public void PodFailurePolicy_Faults_AreTold(string rule, string fault) =>
        Jobs.Faults(KindCase.Merge(Valid, $"{{'spec':{{'podReplacementPolicy':'Failed','podFailurePolicy':{{'rules':[{rule}]}}}}}}"))
            .ShouldBe(fault.Length == 0 ? "" : "spec.podFailurePolicy.rules[0]" + fault);

    [Theory]
    [InlineData("{'succeededIndexes':'0,2-4'}", "")]
    [InlineData("{}", ": Required value: at least one of succeededCount or succeededIndexes must be specified")]
    [InlineData("{'succeededCount':6}", ".succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)")]
    [InlineData("{'succeededCount':3,'succeededIndexes':'0-1'}", ".succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)")]
    [InlineData("{'succeededIndexes':'2,1'}", ".succeededIndexes: Invalid value: \"2,1\": error parsing succeededIndexes: non-increasing order, previous: 2, current: 1")]
    [InlineData("{'succeededIndexes':'5'}", ".succeededIndexes: Invalid value: \"5\": error parsing succeededIndexes: too large index: \"5\"")]
    [InlineData("{'succeededIndexes':'a'}", ".succeededIndexes: Invalid value: \"a\": error parsing succeededIndexes: cannot convert string to integer for index: \"a\"")]
    public void SuccessPolicy_Faults_AreTold(string rule, string fault) =>
        Jobs.Faults(KindCase.Merge(Indexed, $"{{'spec':{{'successPolicy':{{'rules':[{rule}]}}}}}}"))
            .ShouldBe(fault.Length == 0 ? "" : "spec.successPolicy.rules[0]" + fault);

    [Fact]
    public void Labels_OfAnotherJob_AreRefused() =>
        Jobs.Faults(KindCase.Merge(Valid, "{'spec':{'template':{'metadata':{'labels':{'job-name':'x'}}}}}"))
            .ShouldContain("spec.template.metadata.labels[job-name]: Invalid value:");

    [Fact]
    public void Selector_ThatIsManual_IsLeftAlone()
    {
        var manual = KindCase.Merge(Sent, "{'spec':{'manualSelector':true,'selector':{'matchLabels':{'a':'b'}},'template':{'metadata':{'labels':{'a':'b'}}}}}");
        Jobs.Faults(Jobs.Created(manual).ToJsonString()).ShouldBe("");
        Jobs.Created(manual)["spec"]!["selector"]!.ToJsonString().ShouldBe("""{"matchLabels":{"a":"b"}}""");
    }

    [Fact]
    public void Name_TooLongForIndexedPods_IsRefused()
    {
        var name = new string('a', 63);
        Jobs.Faults(Indexed.Replace("\"pi\"", $"\"{name}\"")).ShouldBe(
            $"metadata.name: Invalid value: \"{name}\": will not able to create pod with invalid DNS label: {name}-4");
    }

    [Theory]
    [InlineData("{'parallelism':0}", "")]
    [InlineData("{'suspend':true}", "")]
    [InlineData("{'backoffLimit':1}", "")]
    [InlineData("{'completions':2}", "spec.completions: Invalid value: 2: field is immutable")]
    [InlineData("{'completionMode':'Indexed'}", "spec.completionMode: Invalid value: \"Indexed\": field is immutable")]
    [InlineData("{'managedBy':'acme.io/foo'}", "spec.managedBy: Invalid value: \"acme.io/foo\": field is immutable")]
    public void Update_OfWhatTheJobRuns_IsRefused(string change, string fault) =>
        Jobs.UpdateFaults(Valid, KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Fact]
    public void Template_OfASuspendedJob_CanChangeWhereItIsPlaced()
    {
        const string Placed = "{'spec':{'template':{'spec':{'nodeSelector':{'a':'b'}}}}}";
        var suspended = KindCase.Merge(Valid, "{'spec':{'suspend':true}}");

        Jobs.UpdateFaults(suspended, KindCase.Merge(suspended, Placed)).ShouldBe("");
        Jobs.UpdateFaults(Valid, KindCase.Merge(Valid, Placed)).ShouldStartWith("spec.template: Invalid value:");
        Jobs.UpdateFaults(suspended, KindCase.Merge(suspended, "{'spec':{'template':{'spec':{'containers':[{'name':'c','image':'i:2'}]}}}}"))
            .ShouldStartWith("spec.template: Invalid value:");
        var started = KindCase.Merge(suspended, "{'status':{'startTime':'2026-03-01T11:00:00Z'}}");
        Jobs.UpdateFaults(started, KindCase.Merge(started, Placed)).ShouldStartWith("spec.template: Invalid value:");
    }

    [Theory]
    [InlineData("{'completions':3,'parallelism':3}", "")]
    [InlineData("{'completions':3}", "spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism")]
    public void Completions_OfAnIndexedJob_ChangeWithItsParallelism(string change, string fault) =>
        Jobs.UpdateFaults(Indexed, KindCase.Merge(Indexed, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("{'active':1,'ready':1}", "")]
    [InlineData("{'active':-1}", "status.active: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'active':1,'ready':2}", "status.ready: Invalid value: 2: cannot set more ready pods than active")]
    [InlineData("{'failed':0}", "status.failed: Invalid value: 0: cannot decrease the failed counter")]
    [InlineData("{'conditions':[{'type':'Failed','status':'True'},{'type':'FailureTarget','status':'True'}]}", "")]
    [InlineData("{'conditions':[{'type':'Failed','status':'True'}]}", "status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition")]
    [InlineData("{'completionTime':'2026-03-01T11:00:00Z'}", "status.completionTime: Invalid value: \"2026-03-01T11:00:00Z\": cannot set completionTime when there is no Complete=True condition")]
    [InlineData("{'completedIndexes':'1'}", "status.completedIndexes: Invalid value: \"1\": cannot set non-empty completedIndexes when non-indexed completion mode")]
    [InlineData("{'startTime':null}", "status.startTime: Required value: startTime cannot be removed for unsuspended job")]
    public void Status_Faults_AreTold(string status, string fault)
    {
        var running = KindCase.Merge(Valid, "{'status':{'startTime':'2026-03-01T10:00:00Z','failed':1}}");
        Jobs.StatusFaults(running, KindCase.Merge(running, $"{{'status':{status}}}")).ShouldBe(fault);
    }

    [Fact]
    public void StartTime_OfAJobThatIsResumed_BeginsAnew()
    {
        var suspended = KindCase.Merge(Valid, "{'status':{'startTime':'2026-03-01T10:00:00Z','conditions':[{'type':'Suspended','status':'True'}]}}");
        Jobs.StatusFaults(suspended, KindCase.Merge(suspended, "{'status':{'startTime':'2026-03-01T11:00:00Z','conditions':[{'type':'Suspended','status':'False'}]}}"))
            .ShouldBe("");
    }

    [Fact]
    public void Succeeded_OfAnIndexedJobThatShrinks_BecomesLess()
    {
        var running = KindCase.Merge(Indexed, "{'status':{'startTime':'2026-03-01T10:00:00Z','succeeded':2,'completedIndexes':'0,4'}}");
        var shrunk = KindCase.Merge(running, "{'spec':{'completions':2,'parallelism':2},'status':{'succeeded':1,'completedIndexes':'0'}}");
        Jobs.StatusFaults(running, shrunk).ShouldBe("");
    }

    [Fact]
    public void Condition_ThatIsTerminal_CannotBeTakenBack()
    {
        var failed = KindCase.Merge(Valid, "{'status':{'startTime':'2026-03-01T10:00:00Z','conditions':[{'type':'Failed','status':'True'},{'type':'FailureTarget','status':'True'}]}}");
        Jobs.StatusFaults(failed, KindCase.Merge(failed, "{'status':{'conditions':null}}")).ShouldBe(
            "status.conditions: Invalid value: cannot disable the terminal Failed=True condition\nstatus.conditions: Invalid value: cannot disable the terminal FailureTarget=True condition");
    }

    [Theory]
    [InlineData("{}", "pi | Running | 0/1 |  | <unknown>")]
    [InlineData("{'spec':{'completions':null,'parallelism':3},'status':{'succeeded':1}}", "pi | Running | 1/1 of 3 |  | <unknown>")]
    [InlineData("{'spec':{'completions':null,'parallelism':1}}", "pi | Running | 0/1 |  | <unknown>")]
    [InlineData("{'status':{'startTime':'2026-03-01T11:00:00Z'}}", "pi | Running | 0/1 | 60m | <unknown>")]
    [InlineData("{'status':{'succeeded':1,'startTime':'2026-03-01T11:00:00Z','completionTime':'2026-03-01T11:00:07Z','conditions':[{'type':'Complete','status':'True'}]}}", "pi | Complete | 1/1 | 7s | <unknown>")]
    [InlineData("{'status':{'conditions':[{'type':'Suspended','status':'True'}]}}", "pi | Suspended | 0/1 |  | <unknown>")]
    [InlineData("{'metadata':{'deletionTimestamp':'2026-03-01T11:00:00Z'}}", "pi | Terminating | 0/1 |  | <unknown>")]
    [InlineData("{'status':{'conditions':[{'type':'Failed','status':'True'}]}}", "pi | Failed | 0/1 |  | <unknown>")]
    public void Row_OfAJob_TellsHowFarItIs(string change, string row) => Jobs.Row(KindCase.Merge(Valid, change)).ShouldBe(row);

    [Fact]
    public void Headings_OfJobs_AreThoseOfKubectl() =>
        Jobs.Headings(wide: true).ShouldBe("Name | Status | Completions | Duration | Age | Containers | Images | Selector");

    private static string Stored(string json) => Jobs.Created(json).ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
