namespace OrleansOrchestrator.Kinds.Tests.Core.Pods;

public class PodColumnTests
{
    private static readonly KindCase Pods = new("pods");

    [Fact]
    public void Headings_NarrowAndWide_AreThoseOfKubectl()
    {
        Pods.Headings().ShouldBe("Name | Ready | Status | Restarts | Age");
        Pods.Headings(wide: true).ShouldBe("Name | Ready | Status | Restarts | Age | IP | Node | Nominated Node | Readiness Gates");
    }

    [Theory]
    [InlineData("{'phase':'Pending'}", "0/2 | Pending | 0")]
    [InlineData("{'phase':'Failed','reason':'Evicted'}", "0/2 | Evicted | 0")]
    [InlineData("{'phase':'Pending','conditions':[{'type':'PodScheduled','status':'False','reason':'SchedulingGated'}]}", "0/2 | SchedulingGated | 0")]
    [InlineData("{'phase':'Running','containerStatuses':[{'name':'a','ready':true,'state':{'running':{}}},{'name':'b','ready':true,'state':{'running':{}}}]}", "2/2 | Running | 0")]
    [InlineData("{'phase':'Running','containerStatuses':[{'name':'a','ready':true,'state':{'running':{}}},{'name':'b','restartCount':3,'state':{'waiting':{'reason':'CrashLoopBackOff'}},'lastState':{'terminated':{'exitCode':1,'finishedAt':'2026-03-01T11:59:55Z'}}}]}", "1/2 | CrashLoopBackOff | 3 (5s ago)")]
    [InlineData("{'phase':'Pending','containerStatuses':[{'name':'a','state':{'waiting':{'reason':'ImagePullBackOff'}}},{'name':'b','state':{'waiting':{'reason':'ContainerCreating'}}}]}", "0/2 | ImagePullBackOff | 0")]
    [InlineData("{'phase':'Succeeded','containerStatuses':[{'name':'a','state':{'terminated':{'exitCode':0,'reason':'Completed'}}}]}", "0/2 | Completed | 0")]
    [InlineData("{'phase':'Running','conditions':[{'type':'Ready','status':'True'}],'containerStatuses':[{'name':'a','state':{'terminated':{'exitCode':0,'reason':'Completed'}}},{'name':'b','ready':true,'state':{'running':{}}}]}", "1/2 | Running | 0")]
    [InlineData("{'phase':'Running','containerStatuses':[{'name':'a','state':{'terminated':{'exitCode':0,'reason':'Completed'}}},{'name':'b','ready':true,'state':{'running':{}}}]}", "1/2 | NotReady | 0")]
    [InlineData("{'phase':'Failed','containerStatuses':[{'name':'a','state':{'terminated':{'exitCode':7}}}]}", "0/2 | ExitCode:7 | 0")]
    [InlineData("{'phase':'Failed','containerStatuses':[{'name':'a','state':{'terminated':{'exitCode':137,'signal':9}}}]}", "0/2 | Signal:9 | 0")]
    public void Row_OfAnyStatus_TellsReadinessReasonAndRestarts(string status, string cells) =>
        Pods.Row($"{{'metadata':{{'name':'web','creationTimestamp':'2026-03-01T11:00:00Z'}},'spec':{{'containers':[{{'name':'a'}},{{'name':'b'}}]}},'status':{status}}}")
            .ShouldBe($"web | {cells} | 60m");

    [Theory]
    [InlineData("[{'name':'i','state':{'running':{}}},{'name':'j','state':{'waiting':{'reason':'PodInitializing'}}}]", "0/1 | Init:0/2 | 0")]
    [InlineData("[{'name':'i','state':{'terminated':{'exitCode':0}}},{'name':'j','state':{'waiting':{'reason':'PodInitializing'}}}]", "0/1 | Init:1/2 | 0")]
    [InlineData("[{'name':'i','state':{'waiting':{'reason':'CrashLoopBackOff'}},'restartCount':2}]", "0/1 | Init:CrashLoopBackOff | 2")]
    [InlineData("[{'name':'i','state':{'terminated':{'exitCode':1,'reason':'Error'}}}]", "0/1 | Init:Error | 0")]
    [InlineData("[{'name':'i','state':{'terminated':{'exitCode':3}}}]", "0/1 | Init:ExitCode:3 | 0")]
    [InlineData("[{'name':'i','state':{'terminated':{'exitCode':0}},'restartCount':4},{'name':'j','state':{'terminated':{'exitCode':0}}}]", "0/1 | Pending | 0")]
    public void Row_WhileInitializing_TellsWhichContainer(string statuses, string cells) =>
        Pods.Row($"{{'metadata':{{'name':'web'}},'spec':{{'containers':[{{'name':'a'}}],'initContainers':[{{'name':'i'}},{{'name':'j'}}]}},'status':{{'phase':'Pending','initContainerStatuses':{statuses}}}}}")
            .ShouldBe($"web | {cells} | <unknown>");

    [Fact]
    public void Row_WithASidecar_CountsIt() =>
        Pods.Row("{'metadata':{'name':'web'},'spec':{'containers':[{'name':'a'}],'initContainers':[{'name':'i','restartPolicy':'Always'}]},'status':{'phase':'Running'," +
            "'initContainerStatuses':[{'name':'i','started':true,'ready':true,'restartCount':1,'state':{'running':{}}}],'containerStatuses':[{'name':'a','ready':true,'state':{'running':{}}}]}}")
            .ShouldBe("web | 2/2 | Running | 1 | <unknown>");

    [Theory]
    [InlineData("Running", null, "Terminating")]
    [InlineData("Succeeded", null, "Succeeded")]
    [InlineData("Running", "NodeLost", "Unknown")]
    public void Row_OfADeletedPod_SaysSo(string phase, string? reason, string status)
    {
        var pod = KindCase.Merge("{'metadata':{'name':'web','deletionTimestamp':'2026-03-01T11:00:00Z'},'status':{}}", $"{{'status':{{'phase':'{phase}'{(reason is null ? "" : $",'reason':'{reason}'")}}}}}");

        Pods.Row(pod).ShouldBe($"web | 0/0 | {status} | 0 | <unknown>");
    }

    [Fact]
    public void WideRow_OfARunningPod_TellsWhereItIs() =>
        Pods.Row("{'metadata':{'name':'web'},'spec':{'nodeName':'n1','readinessGates':[{'conditionType':'x'},{'conditionType':'y'}]},'status':{'phase':'Running','podIPs':[{'ip':'10.0.0.1'}],'conditions':[{'type':'y','status':'True'}]}}", wide: true)
            .ShouldBe("web | 0/0 | Running | 0 | <unknown> | 10.0.0.1 | n1 | <none> | 1/2");

    [Fact]
    public void WideRow_OfAPendingPod_HasNone() =>
        Pods.Row("{'metadata':{'name':'web'},'status':{'phase':'Pending'}}", wide: true)
            .ShouldBe("web | 0/0 | Pending | 0 | <unknown> | <none> | <none> | <none> | <none>");
}
