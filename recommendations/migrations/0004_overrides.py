import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recommendations', '0003_event_item_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='Override',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(blank=True, max_length=64, verbose_name='scope')),
                ('kind', models.CharField(choices=[('recommender', 'recommender'), ('placement', 'placement')], max_length=16, verbose_name='kind')),
                ('name', models.CharField(max_length=64, verbose_name='name')),
                ('version', models.PositiveIntegerField(help_text='Counts the Overrides of one recommender or placement.', verbose_name='version')),
                ('value', models.JSONField(help_text='What is merged over the settings entry.', verbose_name='value')),
                ('base', models.JSONField(blank=True, default=dict, help_text='The entry as it was when this was proposed.', verbose_name='base')),
                ('state', models.CharField(choices=[('proposed', 'proposed'), ('active', 'active'), ('replaced', 'replaced'), ('rejected', 'rejected'), ('rolled_back', 'rolled back')], default='proposed', max_length=16, verbose_name='state')),
                ('author_kind', models.CharField(choices=[('merchandiser', 'merchandiser'), ('tune', 'search of options'), ('training', 'nightly training')], max_length=16, verbose_name='proposed by')),
                ('author', models.CharField(blank=True, max_length=150, verbose_name='author')),
                ('reason', models.TextField(blank=True, verbose_name='reason')),
                ('evidence', models.JSONField(blank=True, default=dict, verbose_name='evidence')),
                ('problem', models.TextField(blank=True, help_text='Why the last training could not use it.', verbose_name='problem')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                ('decided_kind', models.CharField(blank=True, choices=[('merchandiser', 'merchandiser'), ('tune', 'search of options'), ('training', 'nightly training')], max_length=16, verbose_name='decided by a')),
                ('decided_by', models.CharField(blank=True, max_length=150, verbose_name='decided by')),
            ],
            options={
                'verbose_name': 'override',
                'verbose_name_plural': 'overrides',
                'permissions': [('activate_override', 'Can activate, reject and roll back overrides')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('scope', 'kind', 'name'), name='rec_override_one_active'), models.UniqueConstraint(fields=('scope', 'kind', 'name', 'version'), name='rec_override_version')],
            },
        ),
        migrations.CreateModel(
            name='OverrideChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_state', models.CharField(blank=True, choices=[('proposed', 'proposed'), ('active', 'active'), ('replaced', 'replaced'), ('rejected', 'rejected'), ('rolled_back', 'rolled back')], max_length=16, verbose_name='from')),
                ('to_state', models.CharField(choices=[('proposed', 'proposed'), ('active', 'active'), ('replaced', 'replaced'), ('rejected', 'rejected'), ('rolled_back', 'rolled back')], max_length=16, verbose_name='to')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('by_kind', models.CharField(choices=[('merchandiser', 'merchandiser'), ('tune', 'search of options'), ('training', 'nightly training')], max_length=16, verbose_name='by a')),
                ('by', models.CharField(blank=True, max_length=150, verbose_name='by')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('override', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='recommendations.override', verbose_name='override')),
            ],
            options={
                'verbose_name': 'change of an override',
                'verbose_name_plural': 'changes of overrides',
            },
        ),
    ]
