using OrleansOrchestrator.Kinds.Batch;

namespace OrleansOrchestrator.Controllers.Tests.Jobs;

/// <summary>Jobs whose pods each complete an index, and what their policies say of pods that fail.</summary>
public sealed class JobIndexTests
{
    [Fact]
    public void IndexedJob_Pods_KnowTheirIndex()
    {
        var model = Indexed(3).Settle();

        model.Active.Select(JobModel.IndexOf).Order().ShouldBe([0, 1, 2]);
        var pod = model.WithIndex(1);
        pod.Metadata.GenerateName.ShouldBe("pi-1-");
        pod.Spec.Hostname.ShouldBe("pi-1");
        pod.Metadata.Labels["batch.kubernetes.io/job-completion-index"].ShouldBe("1");
        var variable = pod.Spec.Containers[0].Env.ShouldHaveSingleItem();
        (variable.Name, variable.ValueFrom.FieldRef.FieldPath).ShouldBe(("JOB_COMPLETION_INDEX", "metadata.labels['batch.kubernetes.io/job-completion-index']"));
    }

    [Fact]
    public void IndexedJob_AllIndexesSucceed_IsComplete()
    {
        var model = Indexed(5, parallelism: 2).Settle();
        foreach (var index in new[] { 1, 0, 2, 4, 3 })
        {
            if (model.Active.All(pod => JobModel.IndexOf(pod) != index))
                model.Succeed(model.Active[0]);
            else
                model.Succeed(model.WithIndex(index));
            model.Settle();
        }

        while (model.Active.Count > 0)
        {
            model.Succeed(model.Active[0]);
            model.Settle();
        }

        (model.Status.CompletedIndexes, model.Status.Succeeded, model.Has("Complete")).ShouldBe(("0-4", 5, true));
    }

    [Fact]
    public void IndexedJob_SomeIndexesSucceed_TellsThemInShort()
    {
        var model = Indexed(8).Settle();
        foreach (var index in new[] { 0, 2, 3, 5, 6, 7 })
            model.Succeed(model.WithIndex(index));

        model.Settle().Status.CompletedIndexes.ShouldBe("0,2,3,5-7");
    }

    [Fact]
    public void IndexedJob_IndexFails_IsTriedAgain()
    {
        var model = Indexed(2).Settle();
        model.Fail(model.WithIndex(1));
        model.Succeed(model.WithIndex(0));

        model.Settle().Pass(10);

        JobModel.IndexOf(model.Active.ShouldHaveSingleItem()).ShouldBe(1);
        (model.Status.CompletedIndexes, model.Status.Failed).ShouldBe(("0", 1));
    }

    [Fact]
    public void IndexedJob_TwoPodsOfAnIndex_KeepsOne()
    {
        var model = Indexed(3).Settle();
        var twin = model.WithIndex(2);
        model.Change(model.WithIndex(1), pod => pod.Metadata.Annotations[JobMetadataKeys.CompletionIndex] = "2");

        model.Settle();

        model.Active.Select(JobModel.IndexOf).Order().ShouldBe([0, 1, 2]);
        model.Status.Failed.ShouldBeNull();
        twin.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("none")]
    [InlineData("7")]
    public void IndexedJob_PodWithoutAnIndexOfTheJob_IsReplaced(string index)
    {
        var model = Indexed(2).Settle();
        model.Change(model.WithIndex(1), pod => pod.Metadata.Annotations[JobMetadataKeys.CompletionIndex] = index);

        model.Settle();

        model.Active.Select(JobModel.IndexOf).Order().ShouldBe([0, 1]);
    }

    [Fact]
    public void IndexedJob_Shrinks_ForgetsIndexesThatItNoLongerHas()
    {
        var model = Indexed(4).Settle();
        model.Succeed(model.WithIndex(3));
        model.Succeed(model.WithIndex(0));
        model.Settle();

        model.Edit(job => (job.Spec.Completions, job.Spec.Parallelism) = (2, 2)).Settle();

        (model.Status.CompletedIndexes, model.Status.Succeeded).ShouldBe(("0", 1));
        model.Active.Select(JobModel.IndexOf).ShouldBe([1]);
    }

    [Fact]
    public void LimitPerIndex_IndexFailsTooOften_FailsAloneAndTheOthersGoOn()
    {
        var model = Indexed(2, change: spec => spec.BackoffLimitPerIndex = 1).Settle();

        model.Fail(model.WithIndex(1));
        model.Settle().Pass(10);
        model.WithIndex(1).Metadata.Annotations[JobMetadataKeys.IndexFailureCount].ShouldBe("1");
        model.Fail(model.WithIndex(1));
        model.Settle();
        (model.Status.FailedIndexes, model.Active.Count, model.Status.Failed).ShouldBe(("1", 1, 2));

        model.Succeed(model.WithIndex(0));
        model.Settle();
        var failed = JobConditions.Find(model.Status, "Failed").ShouldNotBeNull();
        (failed.Reason, failed.Message, model.Status.CompletedIndexes).ShouldBe(("FailedIndexes", "Job has failed indexes", "0"));
    }

    [Fact]
    public void LimitPerIndex_EachIndex_WaitsByItself()
    {
        var model = Indexed(2, change: spec => spec.BackoffLimitPerIndex = 3).Settle();
        model.Fail(model.WithIndex(0));
        model.Settle();
        model.Pass(6);
        model.Fail(model.WithIndex(1));
        model.Settle();

        model.Step().RequeueAfter.ShouldBe(TimeSpan.FromSeconds(4));
        model.Pass(4).Active.Select(JobModel.IndexOf).ShouldBe([0]);
        model.Pass(6).Active.Select(JobModel.IndexOf).ShouldBe([0, 1]);
    }

    [Fact]
    public void LimitPerIndex_FailedPod_StaysUntilItsSuccessorKnowsOfIt()
    {
        var model = Indexed(1, change: spec => spec.BackoffLimitPerIndex = 3).Settle();
        model.Fail(model.WithIndex(0));
        model.Settle();
        model.Delete(model.Pods[0]);

        model.Settle();
        model.Pods.ShouldHaveSingleItem("the finalizer holds it");
        model.Pass(10);

        model.Pods.ShouldHaveSingleItem().Metadata.Annotations[JobMetadataKeys.IndexFailureCount].ShouldBe("1");
    }

    [Fact]
    public void LimitPerIndex_TooManyIndexesFail_FailsTheJob()
    {
        var model = Indexed(3, change: spec => (spec.BackoffLimitPerIndex, spec.MaxFailedIndexes) = (0, 1)).Settle();
        model.Fail(model.WithIndex(0));
        model.Settle().Has("FailureTarget").ShouldBeFalse();

        model.Fail(model.WithIndex(1));
        model.Settle();

        JobConditions.Find(model.Status, "Failed")!.Reason.ShouldBe("MaxFailedIndexesExceeded");
        model.Active.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("FailJob", 42, "Failed")]
    [InlineData("Ignore", 42, null)]
    [InlineData("Count", 42, "FailureTarget")]
    [InlineData("FailJob", 1, "FailureTarget")]
    public void FailurePolicy_OfAnExitCode_Decides(string action, int exitCode, string? condition)
    {
        var model = new JobModel(spec => (spec.BackoffLimit, spec.PodFailurePolicy) = (0, OnExitCodes(action, 42))).Settle();
        model.Fail(model.Active[0], exitCode);

        model.Settle();

        (model.Status.Conditions?.Count > 0).ShouldBe(condition is not null);
        if (condition is not null)
            model.Has(condition).ShouldBeTrue();
        if (action == "FailJob" && exitCode == 42)
        {
            var failed = JobConditions.Find(model.Status, "Failed")!;
            failed.Reason.ShouldBe("PodFailurePolicy");
            failed.Message.ShouldBe($"Container main for pod {model.Pods[0].Metadata.NamespaceProperty}/{model.Pods[0].Metadata.Name} failed with exit code 42 matching FailJob rule at index 0");
        }

        model.Status.Failed.ShouldBe(action == "Ignore" ? null : 1);
    }

    [Fact]
    public void FailurePolicy_OfACondition_IgnoresDisruptions()
    {
        var policy = new V1PodFailurePolicy
        {
            Rules = [new V1PodFailurePolicyRule { Action = "Ignore", OnPodConditions = [new V1PodFailurePolicyOnPodConditionsPattern { Type = "DisruptionTarget", Status = "True" }] }],
        };
        var model = new JobModel(spec => (spec.BackoffLimit, spec.PodFailurePolicy) = (0, policy)).Settle();
        var pod = model.Active[0];
        model.Fail(pod, 137);
        model.Change(pod, failed => failed.Status.Conditions = [new V1PodCondition { Type = "DisruptionTarget", Status = "True" }]);

        model.Settle().Pass(10);

        (model.Status.Failed, model.Active.Count).ShouldBe((null, 1));
    }

    [Fact]
    public void FailurePolicy_FailIndex_FailsItAtOnce()
    {
        var model = Indexed(2, change: spec => (spec.BackoffLimitPerIndex, spec.PodFailurePolicy) = (5, OnExitCodes("FailIndex", 42))).Settle();
        model.Fail(model.WithIndex(0), 42);
        model.Fail(model.WithIndex(1), 1);

        model.Settle().Pass(10);

        (model.Status.FailedIndexes, JobModel.IndexOf(model.Active.ShouldHaveSingleItem())).ShouldBe(("0", 1));
    }

    [Fact]
    public void FailurePolicy_Ignored_IsCountedByItself()
    {
        var model = Indexed(1, change: spec => (spec.BackoffLimitPerIndex, spec.PodFailurePolicy) = (0, OnExitCodes("Ignore", 42))).Settle();
        model.Fail(model.WithIndex(0), 42);

        model.Settle().Pass(10);

        var annotations = model.WithIndex(0).Metadata.Annotations;
        (annotations[JobMetadataKeys.IndexFailureCount], annotations[JobMetadataKeys.IndexIgnoredFailureCount]).ShouldBe(("0", "1"));
    }

    [Theory]
    [InlineData("1-3", 2, true)]
    [InlineData("2,3", null, false)]
    [InlineData("1", null, true)]
    [InlineData(null, 2, true)]
    [InlineData(null, 3, false)]
    public void SuccessPolicy_ARuleIsMet_EndsTheJobAndItsOtherPods(string? indexes, int? count, bool isMet)
    {
        var policy = new V1SuccessPolicy { Rules = [new V1SuccessPolicyRule { SucceededIndexes = indexes, SucceededCount = count }] };
        var model = Indexed(4, change: spec => spec.SuccessPolicy = policy).Settle();
        model.Succeed(model.WithIndex(1));
        model.Succeed(model.WithIndex(2));

        model.Settle();

        model.Has("Complete").ShouldBe(isMet);
        model.Active.Count.ShouldBe(isMet ? 0 : 2);
        model.Status.Failed.ShouldBeNull();
        if (isMet)
        {
            var met = JobConditions.Find(model.Status, "SuccessCriteriaMet")!;
            (met.Reason, met.Message).ShouldBe(("SuccessPolicy", "Matched rules at index 0"));
        }
    }

    private static JobModel Indexed(int completions, int? parallelism = null, Action<V1JobSpec>? change = null) => new(spec =>
    {
        (spec.CompletionMode, spec.Completions, spec.Parallelism) = ("Indexed", completions, parallelism ?? completions);
        change?.Invoke(spec);
    });

    private static V1PodFailurePolicy OnExitCodes(string action, int code) => new()
    {
        Rules = [new V1PodFailurePolicyRule { Action = action, OnExitCodes = new V1PodFailurePolicyOnExitCodesRequirement { OperatorProperty = "In", Values = [code] } }],
    };
}
