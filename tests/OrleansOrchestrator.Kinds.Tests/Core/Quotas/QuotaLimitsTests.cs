using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Quotas;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Kinds.Tests.Core.Quotas;

public sealed class QuotaLimitsTests
{
    [Fact]
    public void FindExcess_MoreThanIsLeft_TellsWhatIsExceededInOrder()
    {
        var quota = Quota("requests.cpu=1,pods=2,memory=1Gi");
        var used = Used("pods=2,requests.cpu=900m,memory=0");

        quota.FindExcess(used, Used(""), Used("pods=1,requests.cpu=200m,cpu=200m,memory=1Gi"))
            .ShouldBe("exceeded quota: q, requested: pods=1,requests.cpu=200m, used: pods=2,requests.cpu=900m, limited: pods=2,requests.cpu=1");
    }

    [Fact]
    public void FindExcess_WhatDoesNotGrow_IsAllowedHoweverMuchIsUsed()
    {
        var quota = Quota("services=1,services.nodeports=1");

        quota.FindExcess(Used("services=9,services.nodeports=1"), Used("services=1"), Used("services=1,services.nodeports=0")).ShouldBeNull();
        quota.FindExcess(Used("services=9,services.nodeports=1"), Used("services=1"), Used("services=1,services.nodeports=1"))
            .ShouldBe("exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1");
    }

    [Fact]
    public void FindMissing_ContainersThatAreSilent_AreNamed()
    {
        var pod = ObjectUsageTests.Pod([ObjectUsageTests.Container("b", "cpu=1", "cpu=1"), ObjectUsageTests.Container("a"), ObjectUsageTests.Container("c", "", "cpu=1")]);

        Quota("limits.cpu=5,cpu=2,pods=1,limits.ephemeral-storage=1Gi").FindMissing(pod).ShouldBe("failed quota: q: must specify cpu for: a,c; limits.cpu for: a");
        Quota("pods=1").FindMissing(pod).ShouldBeNull();
        Quota("limits.cpu=5", scopes: "BestEffort").FindMissing(pod).ShouldBeNull();
    }

    [Theory]
    [InlineData("Terminating", false)]
    [InlineData("NotTerminating", true)]
    [InlineData("BestEffort", false)]
    [InlineData("NotBestEffort", true)]
    [InlineData("PriorityClass", true)]
    [InlineData("CrossNamespacePodAffinity", true)]
    public void UsageOf_PodInAndOutOfAScope_CountsWhereItIsIn(string scope, bool isIn)
    {
        var pod = ObjectUsageTests.Pod([ObjectUsageTests.Container("a", "cpu=1")]);
        pod.Spec.PriorityClassName = "high";
        var term = new V1PodAffinityTerm { TopologyKey = "zone", NamespaceSelector = new V1LabelSelector() };
        pod.Spec.Affinity = new V1Affinity { PodAntiAffinity = new V1PodAntiAffinity { PreferredDuringSchedulingIgnoredDuringExecution = [new() { Weight = 1, PodAffinityTerm = term }] } };
        Counts(pod, scope).ShouldBe(isIn);

        pod.Spec.Containers[0].Resources = null;
        pod.Spec.ActiveDeadlineSeconds = 0;
        pod.Spec.PriorityClassName = null;
        pod.Spec.Affinity = new V1Affinity { PodAffinity = new V1PodAffinity { RequiredDuringSchedulingIgnoredDuringExecution = [new() { TopologyKey = "zone" }] } };
        Counts(pod, scope).ShouldBe(!isIn);

        static bool Counts(V1Pod pod, string scope) => Quota("pods=1", scope).UsageOf(WellKnownResources.Pods, pod).Amounts.Count > 0;
    }

    [Theory]
    [InlineData("In", "high", true)]
    [InlineData("In", "low", false)]
    [InlineData("In", null, false)]
    [InlineData("NotIn", "high", false)]
    [InlineData("NotIn", null, true)]
    [InlineData("Exists", "low", true)]
    [InlineData("Exists", null, false)]
    [InlineData("DoesNotExist", "low", false)]
    [InlineData("DoesNotExist", null, true)]
    public void UsageOf_PodOfAPriorityClass_IsSelectedByIt(string @operator, string? priorityClass, bool isIn)
    {
        var pod = ObjectUsageTests.Pod([]);
        pod.Spec.PriorityClassName = priorityClass;
        var requirement = new V1ScopedResourceSelectorRequirement
        {
            ScopeName = "PriorityClass",
            OperatorProperty = @operator,
            Values = @operator.EndsWith("In", StringComparison.Ordinal) ? ["high", "higher"] : null,
        };
        var quota = new QuotaLimits("q", new V1ResourceQuotaSpec { Hard = ObjectUsageTests.Amounts("pods=1"), ScopeSelector = new V1ScopeSelector { MatchExpressions = [requirement] } });

        (quota.UsageOf(WellKnownResources.Pods, pod).Amounts.Count > 0).ShouldBe(isIn);
        quota.UsageOfAny(WellKnownResources.Secrets).Amounts.ShouldBeEmpty();
    }

    private static QuotaLimits Quota(string hard, params string[] scopes) => new("q", new V1ResourceQuotaSpec { Hard = ObjectUsageTests.Amounts(hard), Scopes = scopes });

    private static Dictionary<string, Quantity> Used(string text) =>
        ObjectUsageTests.Amounts(text).ToDictionary(amount => amount.Key, amount => Quantity.From(amount.Value));
}
