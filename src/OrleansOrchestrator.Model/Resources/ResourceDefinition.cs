using System.Text.Json;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>
/// Everything the machinery needs to know of a kind: names, storage, rules and columns. A kind declares; the machinery
/// (gateway, store, caches) does. Objects passed in are of the kind's own type.
/// </summary>
/// <remarks>Derive from <see cref="ResourceDefinition{T}"/>; a definition in the Kinds project is found by itself.</remarks>
public abstract class ResourceDefinition
{
    private ResourceName? _name;
    private FieldTree? _fieldTree;
    private IReadOnlyList<ServedVersion>? _versions;

    /// <summary>The API group; empty for core.</summary>
    public virtual string Group => "";

    /// <summary>The version in which it is stored.</summary>
    public virtual string Version => "v1";

    /// <summary>The kind, as in <c>ReplicationController</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>The lower-case plural, as in <c>replicationcontrollers</c>.</summary>
    public abstract string Plural { get; }

    /// <summary>The lower-case singular.</summary>
    public virtual string Singular => Kind.ToLowerInvariant();

    /// <summary>The kind of a list of these.</summary>
    public virtual string ListKind => Kind + "List";

    /// <summary>What kubectl users abbreviate it to.</summary>
    public virtual IReadOnlyList<string> ShortNames => [];

    /// <summary>Groups of resources that kubectl can ask for together, as in <c>all</c>.</summary>
    public virtual IReadOnlyList<string> Categories => [];

    /// <summary>Whether objects are stored. Those of other kinds are made when they are asked for, and can only be read.</summary>
    public virtual bool IsStored => true;

    /// <summary>What whoever uses the kind is warned of; null for nothing.</summary>
    public virtual string? DeprecationWarning => null;

    /// <summary>
    /// Whether anything in the cluster acts on objects of the kind, or they are data that others read. Whoever creates one of another kind
    /// is warned, and README.md lists those kinds.
    /// </summary>
    public virtual bool IsActedOn => true;

    /// <summary>Whether objects live in namespaces.</summary>
    public virtual bool Namespaced => true;

    /// <summary>What the store promises about a write.</summary>
    public virtual Durability Durability => Durability.Durable;

    /// <summary>How long after their last write objects expire; null for never.</summary>
    public virtual TimeSpan? TimeToLive => null;

    /// <summary>Fields that selectors can name besides <c>metadata.name</c> and <c>metadata.namespace</c>.</summary>
    public virtual IReadOnlyList<SelectableField> SelectableFields => [];

    /// <summary>Whether selectors can name <c>metadata.namespace</c>. A cluster-scoped kind without fields of its own takes it, too: its
    /// objects have none.</summary>
    public virtual bool SelectsByNamespace => Namespaced || SelectableFields.Count == 0;

    /// <summary>What whoever selects by a field that selectors cannot name is told.</summary>
    public virtual string UnsupportedFieldText(string field) => SelectableFields.Count > 0
        ? $"field label not supported: {field}"
        : $"{GoSyntax.Quote(field)} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";

    /// <summary>The selectable fields by the segments of their paths.</summary>
    internal FieldTree FieldTree => _fieldTree ??= FieldTree.Of(SelectableFields);

    /// <summary>Whether the kind has a status subresource: spec and status are then written through different doors.</summary>
    public virtual bool HasStatus => false;

    /// <summary>Whether <c>metadata.generation</c> counts changes of the wanted state.</summary>
    public virtual bool TracksGeneration => false;

    /// <summary>Whether finalizers need no domain in their names; whoever adds one without is warned.</summary>
    public virtual bool TakesAnyFinalizer => false;

    /// <summary>Whether a PUT to a name that does not exist creates it.</summary>
    public virtual bool AllowCreateOnUpdate => false;

    /// <summary>How long a deleted object stays, marked with a deletion time, so that its holder can end it in order; seconds.
    /// 0 for all that nobody holds, whatever the deletion asks for.</summary>
    /// <param name="obj">The object.</param>
    /// <param name="requested">What the deletion asks for, not negative; null if it does not say.</param>
    public virtual long GracePeriodSeconds(KubeObject obj, long? requested) => 0;

    /// <summary>Whether a deletion that is complete is answered with the object that it took, not with a success.</summary>
    public virtual bool DeletionAnswersWithObject => false;

    /// <summary>What becomes of the dependents of a deleted object if nobody says so, neither the deletion nor the object.</summary>
    public virtual DeletionPropagation DefaultPropagation => DeletionPropagation.Background;

    /// <summary>What whoever deletes without saying what becomes of dependents is warned of; null for nothing.</summary>
    public virtual string? DefaultPropagationWarning => null;

    /// <summary>Whether something besides <c>metadata.finalizers</c> keeps a deleted object, as a namespace's own finalizers do.</summary>
    public virtual bool IsHeld(KubeObject obj) => false;

    /// <summary>How the scale subresource works on this kind; null if it has none.</summary>
    public virtual ScaleAccess? Scale => null;

    /// <summary>The columns of its table, as kubectl users know them.</summary>
    public abstract IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>The .NET type of the model.</summary>
    public abstract Type ModelType { get; }

    /// <summary>All versions in which it is served; the storage version is the first.</summary>
    public IReadOnlyList<ServedVersion> Versions => _versions ??= [StorageVersion, .. OtherVersions];

    /// <summary>The version in which it is stored.</summary>
    public ServedVersion Storage => Versions[0];

    /// <summary>A version by the group and version that objects name; null if there is none.</summary>
    public ServedVersion? FindVersion(string apiVersion)
    {
        foreach (var version in Versions)
        {
            if (version.ApiVersion == apiVersion)
                return version;
        }

        return null;
    }

    /// <summary>Whether this is a later definition of the same resource, by which objects are to be read from now on.</summary>
    public virtual bool Supersedes(ResourceDefinition other) => false;

    /// <summary>Makes the version in which it is stored.</summary>
    protected virtual ServedVersion StorageVersion => new StorageVersion(this);

    /// <summary>The groups and versions in which it is served besides the one in which it is stored.</summary>
    protected virtual IReadOnlyList<ServedVersion> OtherVersions => [];

    /// <summary>Plural and group.</summary>
    public ResourceName Name => _name ??= new ResourceName(Plural, Group);

    /// <summary><c>v1</c> or <c>apps/v1</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>Reads an object, leaving out what the kind does not know.</summary>
    /// <exception cref="JsonException">The JSON is malformed or has a field of a wrong type.</exception>
    public abstract KubeObject Decode(ReadOnlySpan<byte> json);

    /// <summary>Writes an object as canonical UTF-8 JSON, with kind and version and without <c>resourceVersion</c>.</summary>
    public abstract byte[] Encode(KubeObject obj);

    /// <summary>Whether a status update keeps the spec as it is, so that neither has to be read or written for it.</summary>
    public virtual bool KeepsSpec => false;

    /// <summary>Whether a changed object has the very spec of the present one.</summary>
    public virtual bool SharesSpec(KubeObject obj, StoredObject current) => false;

    /// <summary>Writes an object in the same way, without its spec.</summary>
    public virtual byte[] EncodeWithoutSpec(KubeObject obj) => Encode(obj);

    /// <summary>Writes a changed object in the same way. A spec that it shares with the present one is copied as it is stored.</summary>
    public byte[] EncodeOver(KubeObject obj, StoredObject current) => SharesSpec(obj, current)
        ? RevisionSplice.InsertSpec(EncodeWithoutSpec(obj), current.SpecJson)
        : Encode(obj);

    /// <summary>Fills in the defaults that Kubernetes documents for the kind.</summary>
    public abstract void ApplyDefaults(KubeObject obj);

    /// <summary>Drops what a creator cannot decide, such as status.</summary>
    public abstract void PrepareForCreate(KubeObject obj);

    /// <summary>Restores what an ordinary update cannot change.</summary>
    public abstract void PrepareForUpdate(KubeObject updated, KubeObject current);

    /// <summary>Restores what a status update cannot change: all but the status.</summary>
    public abstract void PrepareForStatusUpdate(KubeObject updated, KubeObject current);

    /// <summary>Restores what an update through a subresource other than status cannot change: all but the subresource's own part.</summary>
    /// <returns>False if the kind has no such part to write.</returns>
    public virtual bool TryPrepareForPartUpdate(string subresource, KubeObject updated, KubeObject current) => false;

    /// <summary>Gathers the faults of a change through a subresource other than status.</summary>
    public virtual void ValidatePartUpdate(string subresource, KubeObject updated, KubeObject current, FieldErrors errors)
    {
    }

    /// <summary>Changes what a deletion changes besides metadata, as in a namespace's phase.</summary>
    public virtual void PrepareForDeletion(KubeObject obj)
    {
    }

    /// <summary>Gathers all faults of an object as a whole. Metadata is checked elsewhere.</summary>
    public abstract void Validate(KubeObject obj, FieldErrors errors);

    /// <summary>Gathers the faults of a change, such as a changed immutable field.</summary>
    public abstract void ValidateUpdate(KubeObject updated, KubeObject current, FieldErrors errors);

    /// <summary>Gathers the faults of a status.</summary>
    public abstract void ValidateStatusUpdate(KubeObject updated, KubeObject current, FieldErrors errors);

    /// <summary>The faults of an object's name, whose rules differ from kind to kind.</summary>
    public abstract IReadOnlyList<string> ValidateName(string name);

    /// <summary>
    /// What whoever creates or changes an object is told about it although it is accepted: fields that do nothing any more, values that
    /// hide each other, and that nothing acts on the kind yet.
    /// </summary>
    /// <param name="obj">The object as it will be, defaults included.</param>
    /// <param name="current">The object as it is; null for a new one.</param>
    /// <remarks>See GetWarningsFor… in k8s.io/kubernetes/pkg/api and WarningsOnCreate in its pkg/registry; texts and order are the same.</remarks>
    public IReadOnlyList<string> WarningsOf(KubeObject obj, KubeObject? current)
    {
        var warnings = new List<string>();
        if (current is null && !IsActedOn)
            warnings.Add($"{ApiVersion} {Kind} is kept and checked, but nothing in this cluster acts on it yet");
        AddWarnings(obj, current, warnings);
        return warnings;
    }

    /// <summary>
    /// What this object holds exclusively within its resource, as in a cluster IP or a node port. The store, which is the
    /// only writer of the resource, refuses a write that claims what another object holds.
    /// </summary>
    public virtual IReadOnlyList<string> Claims(KubeObject obj) => [];

    /// <summary>Whether <see cref="Claims"/> ever answers anything.</summary>
    public virtual bool HasClaims => false;

    /// <summary>Adds what is warned of in objects of this kind alone; see <see cref="WarningsOf"/>.</summary>
    protected virtual void AddWarnings(KubeObject obj, KubeObject? current, List<string> warnings)
    {
    }
}
