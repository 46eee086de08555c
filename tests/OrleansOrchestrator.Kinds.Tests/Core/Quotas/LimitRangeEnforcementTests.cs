using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Quotas;

namespace OrleansOrchestrator.Kinds.Tests.Core.Quotas;

public sealed class LimitRangeEnforcementTests
{
    [Theory]
    [InlineData("Container", "cpu=50m", "", "minimum cpu usage per Container is 100m, but request is 50m")]
    [InlineData("Container", "", "", "minimum cpu usage per Container is 100m.  No request is specified")]
    [InlineData("Container", "cpu=100m", "cpu=90m", "minimum cpu usage per Container is 100m, but limit is 90m")]
    [InlineData("Container", "cpu=100m", "", null)]
    [InlineData("Pod", "cpu=50m", "", "minimum cpu usage per Pod is 100m, but request is 50m")]
    public void FindFaults_LessThanTheMinimum_IsTold(string type, string requests, string limits, string? expected) =>
        LimitRangeEnforcement.FindFaults(Range(type, min: "cpu=100m"), Pod(requests, limits)).ShouldBe(expected);

    [Theory]
    [InlineData("cpu=1", "", "maximum cpu usage per Container is 2.  No limit is specified")]
    [InlineData("", "cpu=3", "maximum cpu usage per Container is 2, but limit is 3")]
    [InlineData("cpu=2001m", "cpu=2", "maximum cpu usage per Container is 2, but request is 2001m")]
    [InlineData("", "cpu=2", null)]
    public void FindFaults_MoreThanTheMaximum_IsTold(string requests, string limits, string? expected) =>
        LimitRangeEnforcement.FindFaults(Range("Container", max: "cpu=2"), Pod(requests, limits)).ShouldBe(expected);

    [Theory]
    [InlineData("cpu=100m", "cpu=250m", "cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000")]
    [InlineData("", "cpu=1", "cpu max limit to request ratio per Container is 2, but no request is specified or request is 0")]
    [InlineData("cpu=1", "", "cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0")]
    [InlineData("cpu=100m", "cpu=200m", null)]
    public void FindFaults_RatioThatIsTooHigh_IsTold(string requests, string limits, string? expected) =>
        LimitRangeEnforcement.FindFaults(Range("Container", ratio: "cpu=2"), Pod(requests, limits)).ShouldBe(expected);

    [Fact]
    public void FindFaults_SeveralFaults_AreToldTogether() =>
        LimitRangeEnforcement.FindFaults(Range("Container", min: "cpu=100m", max: "memory=1Gi"), Pod("cpu=50m", "memory=2Gi"))
            .ShouldBe("[minimum cpu usage per Container is 100m, but request is 50m, maximum memory usage per Container is 1Gi, but limit is 2Gi]");

    [Fact]
    public void FindFaults_PodAsAWhole_IsTheSumOfItsContainersOrAnInitContainer()
    {
        var pod = Pod("", "memory=1Gi");
        pod.Spec.Containers.Add(ObjectUsageTests.Container("b", "", "memory=1Gi"));
        var range = Range("Pod", max: "memory=2Gi");
        LimitRangeEnforcement.FindFaults(range, pod).ShouldBeNull();

        pod.Spec.InitContainers = [ObjectUsageTests.Container("init", "", "memory=3Gi")];
        LimitRangeEnforcement.FindFaults(range, pod).ShouldBe("maximum memory usage per Pod is 2Gi, but limit is 3Gi");
    }

    [Theory]
    [InlineData("storage=1Gi", "minimum storage usage per PersistentVolumeClaim is 2Gi, but request is 1Gi")]
    [InlineData("storage=9Gi", "maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 9Gi")]
    [InlineData("storage=5Gi", null)]
    public void FindFaults_Claim_IsJudgedByWhatItRequests(string requests, string? expected)
    {
        var claim = new V1PersistentVolumeClaim
        {
            Metadata = new V1ObjectMeta(),
            Spec = new V1PersistentVolumeClaimSpec { Resources = new V1VolumeResourceRequirements { Requests = ObjectUsageTests.Amounts(requests) } },
        };

        LimitRangeEnforcement.FindFaults(Range("PersistentVolumeClaim", min: "storage=2Gi", max: "storage=5Gi"), claim).ShouldBe(expected);
    }

    [Fact]
    public void FillIn_WhatContainersLeaveOut_IsSetAndNoted()
    {
        var pod = Pod("cpu=1", "");
        pod.Spec.InitContainers = [ObjectUsageTests.Container("init", "cpu=1,memory=1Gi", "cpu=1,memory=1Gi")];
        pod.Spec.Containers.Add(ObjectUsageTests.Container("b"));
        pod.Status = new V1PodStatus { QosClass = "Burstable" };
        var range = Range("Container");
        range.Spec.Limits[0].DefaultProperty = ObjectUsageTests.Amounts("cpu=2,memory=2Gi");
        range.Spec.Limits[0].DefaultRequest = ObjectUsageTests.Amounts("cpu=500m");

        LimitRangeEnforcement.FillIn(range, pod);

        pod.Metadata.Annotations[LimitRangeEnforcement.Annotation].ShouldBe(
            "LimitRanger plugin set: cpu, memory limit for container a; cpu request for container b; cpu, memory limit for container b");
        var (first, second) = (pod.Spec.Containers[0].Resources, pod.Spec.Containers[1].Resources);
        (first.Requests["cpu"].ToString(), first.Limits["cpu"].ToString(), first.Requests.ContainsKey("memory")).ShouldBe(("1", "2", false));
        (second.Requests["cpu"].ToString(), second.Limits["memory"].ToString()).ShouldBe(("500m", "2Gi"));
    }

    [Fact]
    public void FillIn_PodThatSaysEverything_StaysAsItIs()
    {
        var pod = Pod("cpu=1", "cpu=1");
        var range = Range("Container");
        range.Spec.Limits[0].DefaultProperty = ObjectUsageTests.Amounts("cpu=2");

        LimitRangeEnforcement.FillIn(range, pod);

        pod.Metadata.Annotations.ShouldBeNull();
    }

    private static V1Pod Pod(string requests, string limits)
    {
        var pod = ObjectUsageTests.Pod([]);
        pod.Spec.Containers = new List<V1Container> { ObjectUsageTests.Container("a", requests, limits) };
        return pod;
    }

    private static V1LimitRange Range(string type, string min = "", string max = "", string ratio = "") => new()
    {
        Metadata = new V1ObjectMeta { Name = "r" },
        Spec = new V1LimitRangeSpec
        {
            Limits =
            [
                new V1LimitRangeItem
                {
                    Type = type,
                    Min = ObjectUsageTests.Amounts(min),
                    Max = ObjectUsageTests.Amounts(max),
                    MaxLimitRequestRatio = ObjectUsageTests.Amounts(ratio),
                },
            ],
        },
    };
}
