using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.ApiRegistration;

/// <summary>Says who serves a version of an API group: the cluster's own API server, or a service.</summary>
internal sealed class APIServiceKind : ResourceDefinition<V1APIService>
{
    private const int GroupPriorityMax = 20_000;
    private const int VersionPriorityMax = 1000;

    private static readonly string[] Statuses = ["True", "False", "Unknown"];

    public override string Group => "apiregistration.k8s.io";

    public override string Kind => "APIService";

    public override string Plural => "apiservices";

    public override IReadOnlyList<string> Categories => ["api-extensions"];

    public override bool Namespaced => false;

    public override bool HasStatus => true;

    protected override IReadOnlyList<TableColumn<V1APIService>> TypedColumns =>
    [
        TableColumn<V1APIService>.Name,
        TableColumn<V1APIService>.Of("Service", one => one.Spec?.Service is { } service ? $"{service.NamespaceProperty}/{service.Name}" : "Local"),
        TableColumn<V1APIService>.Of("Available", AvailabilityOf),
        TableColumn<V1APIService>.Age,
    ];

    public override IReadOnlyList<string> ValidateName(string name) => NameRules.IsPathSegmentName(name);

    protected override void ApplyDefaults(V1APIService obj)
    {
        if (obj.Spec?.Service is { } service)
            service.Port ??= ApiServices.PortDefault;
    }

    protected override void PrepareForCreate(V1APIService obj)
    {
        obj.Status = new V1APIServiceStatus();
        if (obj.Spec?.Service is not null)
            return;
        obj.Status.Conditions =
        [
            new V1APIServiceCondition
            {
                Type = ApiServices.Available,
                Status = "True",
                Reason = ApiServices.LocalReason,
                Message = ApiServices.LocalMessage,
                LastTransitionTime = obj.Metadata?.CreationTimestamp,
            },
        ];
    }

    protected override void Validate(V1APIService obj, FieldErrors errors)
    {
        var spec = obj.Spec ?? new V1APIServiceSpec();
        var (group, version) = (spec.Group ?? "", spec.Version ?? "");
        if (obj.Metadata?.Name is { Length: > 0 } name && name != $"{version}.{group}")
            errors.Invalid(FieldPath.Metadata.Child("name"), name, $"must be `spec.version+\".\"+spec.group`: \"{version}.{group}\"");
        if (group.Length == 0 && version != "v1")
            errors.Required(FieldPath.Spec.Child("group"), "only v1 may have an empty group and it better be legacy kube");
        if (group.Length > 0)
            errors.Invalid(FieldPath.Spec.Child("group"), group, NameRules.IsDns1123Subdomain(group));
        errors.Invalid(FieldPath.Spec.Child("version"), version, NameRules.IsDns1035Label(version));
        if (spec.GroupPriorityMinimum is <= 0 or > GroupPriorityMax)
            errors.Invalid(FieldPath.Spec.Child("groupPriorityMinimum"), spec.GroupPriorityMinimum, "must be positive and less than 20000");
        if (spec.VersionPriority is <= 0 or > VersionPriorityMax)
            errors.Invalid(FieldPath.Spec.Child("versionPriority"), spec.VersionPriority, "must be positive and less than 1000");
        ValidateService(spec, errors);
    }

    protected override void ValidateStatusUpdate(V1APIService updated, V1APIService current, FieldErrors errors)
    {
        var conditions = (updated.Status?.Conditions).OrNone();
        for (var i = 0; i < conditions.Count; i++)
        {
            if (!Statuses.Contains(conditions[i].Status ?? ""))
                errors.NotSupported(FieldPath.Status.Child("conditions").Index(i).Child("status"), conditions[i].Status ?? "", Statuses);
        }
    }

    private static void ValidateService(V1APIServiceSpec spec, FieldErrors errors)
    {
        var (bundle, insecure) = (FieldPath.Spec.Child("caBundle"), FieldPath.Spec.Child("insecureSkipTLSVerify"));
        var hasBundle = spec.CaBundle is { Length: > 0 };
        if (spec.Service is not { } service)
        {
            if (hasBundle)
                errors.Invalid(bundle, $"{spec.CaBundle!.Length} bytes", "local APIServices may not have a caBundle");
            if (spec.InsecureSkipTLSVerify == true)
                errors.Invalid(insecure, true, "local APIServices may not have insecureSkipTLSVerify");
            return;
        }

        var path = FieldPath.Spec.Child("service");
        if (string.IsNullOrEmpty(service.NamespaceProperty))
            errors.Required(path.Child("namespace"));
        if (string.IsNullOrEmpty(service.Name))
            errors.Required(path.Child("name"));
        var faults = NameRules.IsValidPortNum(service.Port ?? 0);
        if (faults.Count > 0)
            errors.Invalid(path.Child("port"), service.Port, "port is not valid: " + string.Join(", ", faults));
        if (spec.InsecureSkipTLSVerify == true && hasBundle)
            errors.Invalid(insecure, true, "may not be true if caBundle is present");
    }

    private static string AvailabilityOf(V1APIService one) => ApiServices.AvailabilityOf(one) switch
    {
        null => "Unknown",
        { Status: "True" } => "True",
        var condition => $"{condition.Status} ({condition.Reason})",
    };
}
