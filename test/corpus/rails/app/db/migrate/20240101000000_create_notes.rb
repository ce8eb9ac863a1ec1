class CreateNotes < ActiveRecord::Migration[6.1]
  def change
    create_table :notes do |table|
      table.string :title, null: false
      table.json :extra, default: {}
      table.timestamps
    end
  end
end
