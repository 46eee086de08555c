using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Autoscaling;

public sealed class HorizontalPodAutoscalerReconcilerTests
{
    private const string NoSuchApi = "the server could not find the requested resource (get pods.metrics.k8s.io)";

    [Fact]
    public void Usage_AboveItsTarget_ScalesUpInProportion()
    {
        var model = new AutoscalerModel(replicas: 3) { Usage = (_, _) => 150 };

        var scaling = model.Step().Actions.OfType<ScaleObject>().ShouldHaveSingleItem();

        scaling.NeedsNewestPrimary.ShouldBeTrue("an autoscaler that was changed or deleted meanwhile scales nothing");
        // 150 of 200 are 75 %, half as much again as 50 %.
        model.Replicas.ShouldBe(5);
        model.Cluster.Events.ShouldHaveSingleItem().ShouldBe(new("Normal", "SuccessfulRescale", "New size: 5; reason: cpu resource utilization (percentage of request) above target"));
        var status = model.Hpa.Status;
        (status.CurrentReplicas, status.DesiredReplicas, status.LastScaleTime).ShouldBe((3, 5, model.Cluster.Now.UtcDateTime));
        status.CurrentMetrics.ShouldHaveSingleItem().Resource.Current.AverageUtilization.ShouldBe(75);
        status.CurrentMetrics[0].Resource.Current.AverageValue.ToString().ShouldBe("150m");
        Text(model, "AbleToScale").ShouldBe("True SucceededRescale the HPA controller was able to update the target scale to 5");
        Text(model, "ScalingActive").ShouldBe("True ValidMetricFound the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)");
        Text(model, "ScalingLimited").ShouldBe("False DesiredWithinRange the desired count is within the acceptable range");
    }

    [Theory]
    [InlineData(91)]
    [InlineData(100)]
    [InlineData(109)]
    public void Usage_WithinTheTolerance_ChangesNothing(int milli)
    {
        var model = new AutoscalerModel(replicas: 3) { Usage = (_, _) => milli };

        model.Step();

        model.Replicas.ShouldBe(3);
        model.Cluster.Events.ShouldBeEmpty();
        (model.Hpa.Status.CurrentReplicas, model.Hpa.Status.DesiredReplicas).ShouldBe((3, 3));
        Text(model, "AbleToScale").ShouldBe("True ReadyForNewScale recommended size matches current size");
        model.Step().Actions.ShouldBeEmpty();
    }

    [Fact]
    public void Usage_BelowItsTarget_ScalesDownAfterTheStabilizationWindow()
    {
        var model = new AutoscalerModel(replicas: 4) { Usage = (_, _) => 20 };

        model.Step();

        model.Replicas.ShouldBe(4);
        Text(model, "AbleToScale").ShouldBe("True ScaleDownStabilized recent recommendations were higher than current one, applying the highest recent recommendation");
        model.StepAfter(TimeSpan.FromSeconds(299));
        model.Replicas.ShouldBe(4);
        model.StepAfter(TimeSpan.FromSeconds(1));
        model.Replicas.ShouldBe(1);
        model.Cluster.Events.ShouldHaveSingleItem().Message.ShouldBe("New size: 1; reason: All metrics below target");
    }

    [Fact]
    public void Usage_FarAboveItsTarget_IsLimitedToTwiceTheReplicas()
    {
        var model = new AutoscalerModel(replicas: 3) { Usage = (_, _) => 2000 };

        model.Step();

        model.Replicas.ShouldBe(6);
        Text(model, "ScalingLimited").ShouldBe("True ScaleUpLimit the desired replica count is increasing faster than the maximum scale rate");
        model.StepAfter(AutoscalerModel.Period);
        model.Replicas.ShouldBe(10);
        Text(model, "ScalingLimited").ShouldBe("True TooManyReplicas the desired replica count is more than the maximum replica count");
    }

    [Fact]
    public void Target_OutsideTheBounds_IsBroughtBackWithoutMetrics()
    {
        var model = new AutoscalerModel(replicas: 12) { Cluster = { Metrics = _ => MetricAnswer.Failed("none") } };

        model.Step();

        model.Replicas.ShouldBe(10);
        model.Cluster.Events.ShouldHaveSingleItem().Message.ShouldBe("New size: 10; reason: Current number of replicas above Spec.MaxReplicas");

        var small = new AutoscalerModel(replicas: 1);
        small.Spec.MinReplicas = 2;
        small.Step();
        small.Replicas.ShouldBe(2);
        small.Cluster.Events.ShouldHaveSingleItem().Message.ShouldBe("New size: 2; reason: Current number of replicas below Spec.MinReplicas");
    }

    [Fact]
    public void Target_ScaledToZero_IsLeftAlone()
    {
        var model = new AutoscalerModel(replicas: 0);

        model.Step();

        model.Replicas.ShouldBe(0);
        Text(model, "ScalingActive").ShouldBe("False ScalingDisabled scaling is disabled since the replica count of the target is zero");
        model.Step().Actions.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("apps/v1", "Gadget", "no matches for kind \"Gadget\" in group \"apps\"")]
    [InlineData("apps/v1", "Deployment", "deployments/scale.apps \"web\" not found")]
    [InlineData("v1", "Service", "the server could not find the requested resource")]
    public void Target_WithoutAScale_IsToldInStatusAndEvent(string apiVersion, string kind, string fault)
    {
        var model = new AutoscalerModel(replicas: 1);
        model.Cluster.Add(new V1Service { Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = "web" } });
        (model.Spec.ScaleTargetRef.ApiVersion, model.Spec.ScaleTargetRef.Kind) = (apiVersion, kind);

        model.Step();

        Text(model, "AbleToScale").ShouldBe($"False FailedGetScale the HPA controller was unable to get the target's current scale: {fault}");
        model.Cluster.Events.ShouldHaveSingleItem().ShouldBe(new("Warning", "FailedGetScale", fault));
    }

    [Fact]
    public void Scaling_Refused_IsToldAndTriedAgain()
    {
        var model = new AutoscalerModel(replicas: 3) { Usage = (_, _) => 150 };
        model.Cluster.Refuses = action => action.Subresource == "scale" ? ApiErrors.BadRequest("not now") : null;

        model.Step();

        model.Replicas.ShouldBe(3);
        model.Cluster.Events.ShouldHaveSingleItem().Message.ShouldBe("New size: 5; reason: cpu resource utilization (percentage of request) above target; error: not now");
        Text(model, "AbleToScale").ShouldBe("False FailedUpdateScale the HPA controller was unable to update the target scale: not now");
        model.Cluster.Refuses = _ => null;
        model.StepAfter(AutoscalerModel.Period);
        model.Replicas.ShouldBe(5);
    }

    [Fact]
    public void Metrics_NotServed_AreToldAsKubernetesTellsThem()
    {
        var model = new AutoscalerModel(replicas: 3) { Cluster = { Metrics = _ => MetricAnswer.Failed(NoSuchApi) } };

        model.Step();

        const string Failure = $"failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: {NoSuchApi}";
        model.Replicas.ShouldBe(3);
        Text(model, "ScalingActive").ShouldBe($"False FailedGetResourceMetric the HPA was unable to compute the replica count: {Failure}");
        model.Cluster.Events.ShouldBe(
        [
            new("Warning", "FailedGetResourceMetric", Failure),
            new("Warning", "FailedComputeMetricsReplicas", $"invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: {Failure}"),
        ]);
        model.Hpa.Status.CurrentReplicas.ShouldBe(3);
    }

    [Fact]
    public void Metrics_OfNoPod_AreToldAsKubernetesTellsThem()
    {
        var model = new AutoscalerModel(replicas: 3) { Usage = (_, _) => null };

        model.Step();

        model.Cluster.Events[0].Message.ShouldBe("failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API");
    }

    [Fact]
    public void Pods_WithoutARequest_CannotBeJudgedByUtilization()
    {
        var model = new AutoscalerModel(replicas: 2);
        model.Pods[1].Spec.Containers[0].Resources = null;

        model.Step();

        model.Cluster.Events[0].Message.ShouldBe("failed to get cpu utilization: missing request for cpu in container main of Pod web-00002");
    }

    [Fact]
    public void ResourceMetric_WithAnAverageValue_NeedsNoRequests()
    {
        var spec = new V2MetricSpec { Type = "Resource", Resource = new V2ResourceMetricSource { Name = "memory", Target = AutoscalerModel.Average("100Mi") } };
        var model = new AutoscalerModel(replicas: 2, spec) { Usage = (_, _) => 200L * 1024 * 1024 * 1000 };
        model.Pods[1].Spec.Containers[0].Resources = null;

        model.Step();

        model.Replicas.ShouldBe(4);
        model.Cluster.Events.ShouldHaveSingleItem().Message.ShouldBe("New size: 4; reason: memory resource above target");
        model.Hpa.Status.CurrentMetrics[0].Resource.Current.AverageUtilization.ShouldBeNull();
    }

    [Fact]
    public void ContainerMetric_OfOneContainer_LeavesOthersOut()
    {
        var spec = new V2MetricSpec
        {
            Type = "ContainerResource",
            ContainerResource = new V2ContainerResourceMetricSource { Name = "cpu", Container = "app", Target = new V2MetricTarget { Type = "Utilization", AverageUtilization = 50 } },
        };
        var model = new AutoscalerModel(replicas: 2, spec) { Usage = (_, _) => 80 };
        foreach (var pod in model.Pods)
            pod.Spec.Containers.Add(new V1Container { Name = "app", Resources = new V1ResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("80m") } } });

        model.Step();

        // All of 80 used, with 40 as the target; the other container does not count.
        model.Replicas.ShouldBe(4);
        model.Hpa.Status.CurrentMetrics[0].ContainerResource.Current.AverageUtilization.ShouldBe(100);

        model.Spec.Metrics[0].ContainerResource.Container = "gone";
        model.StepAfter(AutoscalerModel.Period);
        model.Cluster.Events.ShouldContain(one => one.Reason == "FailedGetContainerResourceMetric"
            && one.Message == "failed to get cpu utilization: unable to get metrics for resource cpu: container gone not present in metrics for pod shop/web-00001");
    }

    [Fact]
    public void PodsMetric_AboveItsTarget_ScalesUpByTheAverage()
    {
        var spec = new V2MetricSpec { Type = "Pods", Pods = new V2PodsMetricSource { Metric = new V2MetricIdentifier { Name = "requests" }, Target = AutoscalerModel.Average("10") } };
        var model = new AutoscalerModel(replicas: 2, spec);
        model.Other = query => query is PodsMetricQuery { Metric: "requests", Namespace: Samples.Namespace }
            ? new MetricAnswer([.. model.Pods.Select((pod, i) => new MetricSample(pod.Metadata.Name, 20_000 * i, model.Cluster.Now, TimeSpan.FromMinutes(1)))])
            : MetricAnswer.Failed("what?");

        model.Step();
        model.Replicas.ShouldBe(2);
        model.Hpa.Status.CurrentMetrics[0].Pods.Current.AverageValue.ToString().ShouldBe("10");

        model.Spec.Metrics[0].Pods.Target = AutoscalerModel.Average("4");
        model.StepAfter(AutoscalerModel.Period);
        model.Replicas.ShouldBe(4);
        model.Cluster.Events[^1].Message.ShouldBe("New size: 4; reason: pods metric requests above target");
    }

    [Fact]
    public void ObjectMetric_WithAValue_ScalesByReadyPods()
    {
        var model = new AutoscalerModel(replicas: 3, Object(AutoscalerModel.Value("100"))) { Other = _ => Sample(200_000) };
        model.Pods[0].Status.Conditions[0].Status = "False";

        model.Step();

        model.Replicas.ShouldBe(4);
        model.Cluster.Events.ShouldHaveSingleItem().Message.ShouldBe("New size: 4; reason: Ingress metric hits above target");
        model.Hpa.Status.CurrentMetrics[0].ObjectProperty.Current.Value.ToString().ShouldBe("200");
    }

    [Fact]
    public void ObjectMetric_WithAnAverageValue_IsSharedByThePods()
    {
        var model = new AutoscalerModel(replicas: 3, Object(AutoscalerModel.Average("100"))) { Other = _ => Sample(450_000) };

        model.Step();

        model.Replicas.ShouldBe(5);
        model.Hpa.Status.CurrentMetrics[0].ObjectProperty.Current.AverageValue.ToString().ShouldBe("150");
    }

    [Fact]
    public void ObjectMetric_NotServed_IsToldAsKubernetesTellsIt()
    {
        const string NoApi = "no custom metrics API (custom.metrics.k8s.io) registered";
        var model = new AutoscalerModel(replicas: 3, Object(AutoscalerModel.Value("100"))) { Other = _ => MetricAnswer.Failed(NoApi) };

        model.Step();

        model.Cluster.Events[0].ShouldBe(new("Warning", "FailedGetObjectMetric",
            $"unable to get metric hits: unable to fetch metrics from custom metrics API: {NoApi} on Ingress shop main"));
    }

    [Fact]
    public void ExternalMetric_OfSeveralSeries_IsTheirSum()
    {
        var spec = new V2MetricSpec
        {
            Type = "External",
            External = new V2ExternalMetricSource
            {
                Metric = new V2MetricIdentifier { Name = "queue", Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["topic"] = "a" } } },
                Target = AutoscalerModel.Average("30"),
            },
        };
        var model = new AutoscalerModel(replicas: 2, spec) { Other = query => new MetricAnswer([.. Sample(60_000).Samples, .. Sample(50_000).Samples]) };

        model.Step();

        model.Replicas.ShouldBe(4);
        model.Cluster.Events.ShouldHaveSingleItem().Message.ShouldBe(
            "New size: 4; reason: external metric queue(&LabelSelector{MatchLabels:map[string]string{topic: a,},MatchExpressions:[]LabelSelectorRequirement{},}) above target");
        model.Hpa.Status.CurrentMetrics[0].External.Current.AverageValue.ToString().ShouldBe("55");
    }

    [Fact]
    public void ExternalMetric_NotServed_IsToldAsKubernetesTellsIt()
    {
        var spec = new V2MetricSpec { Type = "External", External = new V2ExternalMetricSource { Metric = new V2MetricIdentifier { Name = "queue" }, Target = AutoscalerModel.Value("30") } };
        var model = new AutoscalerModel(replicas: 2, spec) { Other = _ => MetricAnswer.Failed("the server could not find the requested resource (get queue.external.metrics.k8s.io)") };

        model.Step();

        model.Cluster.Events[0].ShouldBe(new("Warning", "FailedGetExternalMetric",
            "failed to get external metric queue: unable to get external metric shop/queue/nil: unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)"));
    }

    [Fact]
    public void Metrics_Several_TheHighestCounts()
    {
        var memory = new V2MetricSpec { Type = "Resource", Resource = new V2ResourceMetricSource { Name = "memory", Target = AutoscalerModel.Average("1") } };
        var model = new AutoscalerModel(replicas: 2, AutoscalerModel.Cpu(50), memory) { Usage = (_, resource) => resource == "cpu" ? 120 : 2000 };

        model.Step();

        model.Replicas.ShouldBe(4);
        model.Hpa.Status.CurrentMetrics.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(150, 3)]
    [InlineData(20, 2)]
    public void Metrics_OneOfThemFails_ScaleUpButNotDown(int milli, int expected)
    {
        var external = new V2MetricSpec { Type = "External", External = new V2ExternalMetricSource { Metric = new V2MetricIdentifier { Name = "queue" }, Target = AutoscalerModel.Value("30") } };
        var model = new AutoscalerModel(replicas: 2, AutoscalerModel.Cpu(50), external) { Usage = (_, _) => milli };

        model.Step();
        model.StepAfter(TimeSpan.FromHours(1));

        (model.Replicas >= expected).ShouldBeTrue();
        if (expected == 2)
            model.Replicas.ShouldBe(2);
        Text(model, "ScalingActive").ShouldStartWith(expected == 3 ? "True ValidMetricFound" : "False FailedGetExternalMetric");
    }

    [Fact]
    public void Pods_WithoutMetrics_HoldBackAScaleUp()
    {
        var model = new AutoscalerModel(replicas: 4);
        model.Usage = (pod, _) => pod == model.Pods[3] || pod == model.Pods[2] ? null : 150;

        model.Step();

        // 150 and 150 and twice nothing of 4 × 200 are 37 %: below the target, so nothing is done.
        model.Replicas.ShouldBe(4);
    }

    [Fact]
    public void Pods_WithoutMetrics_HoldBackAScaleDown()
    {
        var model = new AutoscalerModel(replicas: 4);
        model.Usage = (pod, _) => pod == model.Pods[3] ? null : 20;

        model.Step();
        model.StepAfter(TimeSpan.FromHours(1));

        // 3 × 20 and once 200 of 4 × 200 are 32 %.
        model.Replicas.ShouldBe(3);
    }

    [Fact]
    public void Pods_ThatStart_DoNotCountUntilTheyAreMeasuredOverAWholeWindow()
    {
        var model = new AutoscalerModel(replicas: 3) { Usage = (pod, _) => pod.Metadata.Name == "web-00003" ? 1000 : 100 };
        var starting = model.Pods[2];
        (starting.Status.StartTime, starting.Status.Conditions[0].LastTransitionTime) =
            ((model.Cluster.Now - TimeSpan.FromSeconds(20)).UtcDateTime, (model.Cluster.Now - TimeSpan.FromSeconds(10)).UtcDateTime);

        model.Step();
        model.Replicas.ShouldBe(3);

        model.StepAfter(TimeSpan.FromSeconds(5));
        model.Replicas.ShouldBe(6);
    }

    [Fact]
    public void Pods_UnreadyOnes_HoldBackAScaleUp()
    {
        var model = new AutoscalerModel(replicas: 4) { Usage = (_, _) => 150 };
        foreach (var pod in model.Pods.Take(2))
        {
            pod.Status.StartTime = (model.Cluster.Now - TimeSpan.FromMinutes(1)).UtcDateTime;
            (pod.Status.Conditions[0].Status, pod.Status.Conditions[0].LastTransitionTime) = ("False", pod.Status.StartTime);
        }

        model.Step();

        model.Replicas.ShouldBe(4);
    }

    [Fact]
    public void Pods_PendingFailedOrBeingDeleted_AreNotMeasured()
    {
        var model = new AutoscalerModel(replicas: 5) { Usage = (pod, _) => pod.Metadata.Name is "web-00001" or "web-00002" ? 100 : 5000 };
        model.Pods[2].Status.Phase = "Pending";
        model.Pods[3].Status.Phase = "Failed";
        model.Pods[4].Metadata.DeletionTimestamp = model.Cluster.Now.UtcDateTime;

        model.Step();

        model.Replicas.ShouldBe(5);
        model.Hpa.Status.CurrentMetrics[0].Resource.Current.AverageUtilization.ShouldBe(50);
    }

    [Fact]
    public void Behavior_WithPolicies_LimitsEachPeriod()
    {
        var model = new AutoscalerModel(replicas: 2) { Usage = (_, _) => 2000 };
        model.Spec.MaxReplicas = 100;
        model.Spec.Behavior = new V2HorizontalPodAutoscalerBehavior
        {
            ScaleUp = new V2HPAScalingRules { StabilizationWindowSeconds = 0, SelectPolicy = "Max", Policies = [Policy("Pods", 3, 60)] },
        };

        model.Step();
        model.Replicas.ShouldBe(5);
        Text(model, "ScalingLimited").ShouldBe("True ScaleUpLimit the desired replica count is increasing faster than the maximum scale rate");
        model.StepAfter(TimeSpan.FromSeconds(59));
        model.Replicas.ShouldBe(5);
        model.StepAfter(TimeSpan.FromSeconds(1));
        model.Replicas.ShouldBe(8);
    }

    [Theory]
    [InlineData("Max", 5)]
    [InlineData("Min", 8)]
    [InlineData("Disabled", 10)]
    public void Behavior_SelectPolicy_ChoosesTheChange(string select, int expected)
    {
        var model = new AutoscalerModel(replicas: 10) { Usage = (_, _) => 1 };
        model.Spec.Behavior = new V2HorizontalPodAutoscalerBehavior
        {
            ScaleDown = new V2HPAScalingRules { StabilizationWindowSeconds = 0, SelectPolicy = select, Policies = [Policy("Percent", 50, 60), Policy("Pods", 2, 60)] },
        };

        model.Step();

        model.Replicas.ShouldBe(expected);
        Text(model, "ScalingLimited").ShouldBe("True ScaleDownLimit the desired replica count is decreasing faster than the maximum scale rate");
    }

    [Fact]
    public void Behavior_WithAWindowForGrowth_AppliesTheLowestRecommendation()
    {
        var model = new AutoscalerModel(replicas: 2) { Usage = (_, _) => 100 };
        model.Spec.Behavior = new V2HorizontalPodAutoscalerBehavior { ScaleUp = new V2HPAScalingRules { StabilizationWindowSeconds = 60 } };

        model.Step();
        model.Usage = (_, _) => 200;
        model.StepAfter(TimeSpan.FromSeconds(30));
        model.Replicas.ShouldBe(2);
        Text(model, "AbleToScale").ShouldBe("True ScaleUpStabilized recent recommendations were lower than current one, applying the lowest recent recommendation");
        model.StepAfter(TimeSpan.FromSeconds(30));
        model.Replicas.ShouldBe(4);
    }

    [Fact]
    public void Behavior_WithATolerance_ReplacesTheDefault()
    {
        var model = new AutoscalerModel(replicas: 4) { Usage = (_, _) => 105 };
        model.Spec.Behavior = new V2HorizontalPodAutoscalerBehavior { ScaleUp = new V2HPAScalingRules { Tolerance = new ResourceQuantity("0.01") } };

        model.Step();

        model.Replicas.ShouldBe(5);
    }

    /// <summary>Usage of 100.04 % of the target; in thousandths the tolerance would be 0.001.</summary>
    [Fact]
    public void Behavior_WithATinyTolerance_IsNotRounded()
    {
        var model = new AutoscalerModel(replicas: 4, new V2MetricSpec
        {
            Type = "Resource",
            Resource = new V2ResourceMetricSource { Name = "cpu", Target = AutoscalerModel.Average("5") },
        })
        { Usage = (_, _) => 5002 };
        model.Spec.Behavior = new V2HorizontalPodAutoscalerBehavior { ScaleUp = new V2HPAScalingRules { Tolerance = new ResourceQuantity("300u") } };

        model.Step();

        model.Replicas.ShouldBe(5);
    }

    /// <summary>The clock was a day ahead when the target was scaled.</summary>
    [Fact]
    public void History_OfAClockThatWasAhead_HoldsTheTargetNoLongerThanUsual()
    {
        var model = new AutoscalerModel(replicas: 4) { Usage = (_, _) => 200 };
        model.Spec.Behavior = new V2HorizontalPodAutoscalerBehavior { ScaleUp = new V2HPAScalingRules { Policies = [new V2HPAScalingPolicy { Type = "Pods", Value = 1, PeriodSeconds = 60 }] } };
        model.Cluster.Now += TimeSpan.FromDays(1);
        model.Step();
        model.Replicas.ShouldBe(5);

        model.Cluster.Now -= TimeSpan.FromDays(1);
        model.Step();
        model.Replicas.ShouldBe(5);
        model.StepAfter(TimeSpan.FromSeconds(60));
        model.Replicas.ShouldBe(6);

        model.Usage = (_, _) => 10;
        model.StepAfter(TimeSpan.FromSeconds(15));
        model.Replicas.ShouldBe(6);
        for (var i = 0; i < 21; i++)
            model.StepAfter(TimeSpan.FromSeconds(15));
        model.Replicas.ShouldBe(1);
    }

    [Fact]
    public void Autoscaler_BesideManyOfOtherPods_LooksAtNoneOfThem()
    {
        var model = new AutoscalerModel(replicas: 2) { Usage = (_, _) => 500 };
        for (var i = 0; i < 20; i++)
        {
            var other = ObjectCodec.Clone(model.Hpa);
            other.Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = $"other-{i}" };
            other.Spec.ScaleTargetRef.Name = $"other-{i}";
            model.Cluster.Add(other);
            var target = Samples.ReplicaSet($"other-{i}");
            target.Spec.Selector.MatchLabels = Samples.Labels($"other-{i}");
            model.Cluster.Add(target);
        }

        model.Step();

        model.Replicas.ShouldBeGreaterThan(2);
        model.Cluster.Selected.ShouldAllBe(key => !key.Name.StartsWith("other-", StringComparison.Ordinal));
    }

    [Fact]
    public void Autoscalers_OfTheSamePods_DoNothing()
    {
        var model = new AutoscalerModel(replicas: 2) { Usage = (_, _) => 500 };
        model.Cluster.Add(new V2HorizontalPodAutoscaler { Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = "another" }, Spec = model.Spec });

        model.Step();

        model.Replicas.ShouldBe(2);
        Text(model, "ScalingActive").ShouldBe("False AmbiguousSelector pods by selector app=web are controlled by multiple HPAs: [{another shop} {web shop}]");
    }

    [Fact]
    public void Autoscaler_Gone_IsForgotten()
    {
        var model = new AutoscalerModel(replicas: 2);
        model.Step();
        model.Cluster.Memory.Values.ShouldHaveSingleItem().ShouldNotBeEmpty();

        model.Cluster.Remove(model.Hpa);
        model.Cluster.Step(model.Reconciler, new ObjectKey(Samples.Namespace, AutoscalerModel.Name));

        model.Cluster.Memory.Values.ShouldHaveSingleItem().ShouldBeEmpty();
    }

    private static string Text(AutoscalerModel model, string type) =>
        model.Condition(type) is var condition ? $"{condition.Status} {condition.Reason} {condition.Message}" : "";

    private static MetricAnswer Sample(long milli) => new([new MetricSample("main", milli, ClusterModel.Start, TimeSpan.FromMinutes(1))]);

    private static V2HPAScalingPolicy Policy(string type, int value, int seconds) => new() { Type = type, Value = value, PeriodSeconds = seconds };

    private static V2MetricSpec Object(V2MetricTarget target) => new()
    {
        Type = "Object",
        ObjectProperty = new V2ObjectMetricSource
        {
            DescribedObject = new V2CrossVersionObjectReference { ApiVersion = "networking.k8s.io/v1", Kind = "Ingress", Name = "main" },
            Metric = new V2MetricIdentifier { Name = "hits" },
            Target = target,
        },
    };
}
