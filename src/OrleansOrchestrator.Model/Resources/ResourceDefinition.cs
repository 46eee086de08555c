using System.Text.Json;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>
/// The declaration of a kind: names, storage, rules and columns, from which gateway, store and caches work. Objects passed in are of
/// the kind's own type.
/// </summary>
/// <remarks>Derive from <see cref="ResourceDefinition{T}"/>; definitions in the Kinds project are discovered.</remarks>
public abstract class ResourceDefinition
{
    private ResourceName? _name;
    private FieldTree? _fieldTree;
    private IReadOnlyList<ServedVersion>? _versions;

    /// <summary>The API group; empty for core.</summary>
    public virtual string Group => "";

    /// <summary>The storage version.</summary>
    public virtual string Version => "v1";

    /// <summary>The kind, such as <c>ReplicationController</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>The lower-case plural, such as <c>replicationcontrollers</c>.</summary>
    public abstract string Plural { get; }

    /// <summary>The lower-case singular.</summary>
    public virtual string Singular => Kind.ToLowerInvariant();

    /// <summary>The kind of a list of these objects.</summary>
    public virtual string ListKind => Kind + "List";

    /// <summary>The abbreviations for kubectl.</summary>
    public virtual IReadOnlyList<string> ShortNames => [];

    /// <summary>Groups of resources that kubectl can request together, such as <c>all</c>.</summary>
    public virtual IReadOnlyList<string> Categories => [];

    /// <summary>Whether objects are stored. Others are computed on request, and read-only.</summary>
    public virtual bool IsStored => true;

    /// <summary>The deprecation warning of the kind; null for none.</summary>
    public virtual string? DeprecationWarning => null;

    /// <summary>
    /// Whether the cluster acts on objects of the kind. Otherwise they are only data, their creators get a warning, and README.md lists
    /// the kind.
    /// </summary>
    public virtual bool IsActedOn => true;

    /// <summary>Whether objects are in namespaces.</summary>
    public virtual bool Namespaced => true;

    /// <summary>The store's promise for a write.</summary>
    public virtual Durability Durability => Durability.Durable;

    /// <summary>How long after their last write objects expire; null for never.</summary>
    public virtual TimeSpan? TimeToLive => null;

    /// <summary>The fields for selectors besides <c>metadata.name</c> and <c>metadata.namespace</c>.</summary>
    public virtual IReadOnlyList<SelectableField> SelectableFields => [];

    /// <summary>Whether selectors accept <c>metadata.namespace</c>. So does a cluster-scoped kind without fields of its own; its
    /// objects have an empty namespace.</summary>
    public virtual bool SelectsByNamespace => Namespaced || SelectableFields.Count == 0;

    /// <summary>The error for a selector with an unsupported field.</summary>
    public virtual string UnsupportedFieldText(string field) => SelectableFields.Count > 0
        ? $"field label not supported: {field}"
        : $"{GoSyntax.Quote(field)} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";

    /// <summary>The selectable fields as a tree of path segments.</summary>
    internal FieldTree FieldTree => _fieldTree ??= FieldTree.Of(SelectableFields);

    /// <summary>Whether the kind has a status subresource: spec and status are then written separately.</summary>
    public virtual bool HasStatus => false;

    /// <summary>Whether <c>metadata.generation</c> counts changes of the desired state.</summary>
    public virtual bool TracksGeneration => false;

    /// <summary>Whether finalizers need no domain in their names; otherwise adding one without a domain gives a warning.</summary>
    public virtual bool TakesAnyFinalizer => false;

    /// <summary>Whether a PUT to a missing name creates the object.</summary>
    public virtual bool AllowCreateOnUpdate => false;

    /// <summary>The grace period in seconds for which a deleted object stays with a deletion timestamp, so that its user can end it in
    /// order. 0 for kinds without one, whatever the deletion requests.</summary>
    /// <param name="obj">The object.</param>
    /// <param name="requested">The requested grace period, not negative; null if there is none.</param>
    public virtual long GracePeriodSeconds(KubeObject obj, long? requested) => 0;

    /// <summary>Whether a completed deletion is answered with the deleted object instead of a success.</summary>
    public virtual bool DeletionAnswersWithObject => false;

    /// <summary>The treatment of dependents if neither the deletion nor the object specifies one.</summary>
    public virtual DeletionPropagation DefaultPropagation => DeletionPropagation.Background;

    /// <summary>The warning for a deletion that does not specify the treatment of dependents; null for none.</summary>
    public virtual string? DefaultPropagationWarning => null;

    /// <summary>Whether something besides <c>metadata.finalizers</c> blocks the deletion, such as a namespace's own finalizers.</summary>
    public virtual bool IsHeld(KubeObject obj) => false;

    /// <summary>The access for the scale subresource; null if there is none.</summary>
    public virtual ScaleAccess? Scale => null;

    /// <summary>The columns of its table.</summary>
    public abstract IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>The .NET type of the model.</summary>
    public abstract Type ModelType { get; }

    /// <summary>All served versions; the storage version is the first.</summary>
    public IReadOnlyList<ServedVersion> Versions => _versions ??= [StorageVersion, .. OtherVersions];

    /// <summary>The storage version.</summary>
    public ServedVersion Storage => Versions[0];

    /// <summary>Finds a version by an object's apiVersion; null if there is none.</summary>
    public ServedVersion? FindVersion(string apiVersion)
    {
        foreach (var version in Versions)
        {
            if (version.ApiVersion == apiVersion)
                return version;
        }

        return null;
    }

    /// <summary>Whether this is a later definition of the same resource, which replaces the other for reading objects.</summary>
    public virtual bool Supersedes(ResourceDefinition other) => false;

    /// <summary>Makes the storage version.</summary>
    protected virtual ServedVersion StorageVersion => new StorageVersion(this);

    /// <summary>The served groups and versions besides the storage version.</summary>
    protected virtual IReadOnlyList<ServedVersion> OtherVersions => [];

    /// <summary>Plural and group.</summary>
    public ResourceName Name => _name ??= new ResourceName(Plural, Group);

    /// <summary><c>v1</c> or <c>apps/v1</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>Decodes an object and drops unknown fields.</summary>
    /// <exception cref="JsonException">The JSON is malformed or has a field of a wrong type.</exception>
    public abstract KubeObject Decode(ReadOnlySpan<byte> json);

    /// <summary>Encodes an object as canonical UTF-8 JSON, with kind and version and without <c>resourceVersion</c>.</summary>
    public abstract byte[] Encode(KubeObject obj);

    /// <summary>Whether a status update keeps the spec, so that it need not be decoded or encoded.</summary>
    public virtual bool KeepsSpec => false;

    /// <summary>Whether a changed object has the very spec of the present one.</summary>
    public virtual bool SharesSpec(KubeObject obj, StoredObject current) => false;

    /// <summary>Encodes an object in the same way, without its spec.</summary>
    public virtual byte[] EncodeWithoutSpec(KubeObject obj) => Encode(obj);

    /// <summary>Encodes a changed object in the same way. Copies a spec that it shares with the present one as stored bytes.</summary>
    public byte[] EncodeOver(KubeObject obj, StoredObject current) => SharesSpec(obj, current)
        ? RevisionSplice.InsertSpec(EncodeWithoutSpec(obj), current.SpecJson)
        : Encode(obj);

    /// <summary>Fills in Kubernetes' documented defaults of the kind.</summary>
    public abstract void ApplyDefaults(KubeObject obj);

    /// <summary>Drops fields that a creator cannot set, such as status.</summary>
    public abstract void PrepareForCreate(KubeObject obj);

    /// <summary>Restores fields that an ordinary update cannot change.</summary>
    public abstract void PrepareForUpdate(KubeObject updated, KubeObject current);

    /// <summary>Restores everything but the status in a status update.</summary>
    public abstract void PrepareForStatusUpdate(KubeObject updated, KubeObject current);

    /// <summary>Restores everything but the subresource's own part in an update through another subresource.</summary>
    /// <returns>False if the kind has no such part to write.</returns>
    public virtual bool TryPrepareForPartUpdate(string subresource, KubeObject updated, KubeObject current) => false;

    /// <summary>Validates a change through a subresource other than status.</summary>
    public virtual void ValidatePartUpdate(string subresource, KubeObject updated, KubeObject current, FieldErrors errors)
    {
    }

    /// <summary>Applies a deletion's changes beyond metadata, such as a namespace's phase.</summary>
    public virtual void PrepareForDeletion(KubeObject obj)
    {
    }

    /// <summary>Validates an object as a whole, without metadata.</summary>
    public abstract void Validate(KubeObject obj, FieldErrors errors);

    /// <summary>Validates a change, such as of an immutable field.</summary>
    public abstract void ValidateUpdate(KubeObject updated, KubeObject current, FieldErrors errors);

    /// <summary>Validates a status.</summary>
    public abstract void ValidateStatusUpdate(KubeObject updated, KubeObject current, FieldErrors errors);

    /// <summary>Validates an object's name by the kind's rules.</summary>
    public abstract IReadOnlyList<string> ValidateName(string name);

    /// <summary>
    /// The warnings for accepted objects: deprecated fields, values that hide each other, and kinds on which nothing acts yet.
    /// </summary>
    /// <param name="obj">The new object, defaults included.</param>
    /// <param name="current">The present object; null for a new one.</param>
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
    /// The object's exclusive claims within its resource, such as a cluster IP or a node port. The store, which is the resource's only
    /// writer, refuses a write whose claims another object holds.
    /// </summary>
    public virtual IReadOnlyList<string> Claims(KubeObject obj) => [];

    /// <summary>Whether objects of the kind can have <see cref="Claims"/>.</summary>
    public virtual bool HasClaims => false;

    /// <summary>Whether <see cref="Claims"/> are ranges: one that begins with another one is a part of it, and both conflict.</summary>
    public virtual bool ClaimsAreRanges => false;

    /// <summary>
    /// Whether users may give objects the same claims. Then only what the server chooses must be free, and what users chose is taken.
    /// </summary>
    public virtual bool UsersMayShareClaims => false;

    /// <summary>Adds the warnings of this kind alone; see <see cref="WarningsOf"/>.</summary>
    protected virtual void AddWarnings(KubeObject obj, KubeObject? current, List<string> warnings)
    {
    }
}
